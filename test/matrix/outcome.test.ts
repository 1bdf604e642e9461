import { expect } from 'chai';
import { describe, it } from 'mocha';
import { formatMatrix, formatSum, readTally, type Outcome } from './outcome.ts';

describe('the outcome of a run on a version of Node', () => {
  it('is its last line, and nothing when it broke off', () => {
    const tally = { passed: 1650, failed: 0, skipped: 2 };
    expect(readTally('  ✔ ok\n1650 passed, 0 failed, 2 skipped\n')).to.deep.equal(tally);
    expect(readTally('1 passed, 0 failed, 0 skipped\nKilled\n')).to.equal(null);
    expect(readTally('')).to.equal(null);
  });

  const outcomes: Outcome[] = [
    {
      version: 'v20.20.2',
      isPassed: true,
      result: { passed: 1650, failed: 0, skipped: 2, durationMs: 245_499 },
    },
    { version: '99', isPassed: false, result: null },
  ];

  it('is a row of the table', () => {
    expect(formatMatrix(outcomes).split('\n')).to.deep.equal([
      '    NODE  PASSED  FAILED  SKIPPED  TIME  RESULT',
      'v20.20.2    1650       0        2  4:05      ok',
      '      99       -       -        -     -  failed',
    ]);
  });

  it('counts in the sum, which has the form of a last line', () => {
    expect(formatSum([...outcomes, ...outcomes])).to.equal('3300 passed, 0 failed, 4 skipped');
  });
});
