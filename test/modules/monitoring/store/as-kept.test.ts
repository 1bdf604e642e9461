import { expect } from 'chai';
import { describe, it } from 'mocha';
import { happeningAsKept, sampleAsKept } from '../../../../modules/monitoring/store/as-kept.ts';
import { beginMs, happeningAt, sampleAt } from './given.ts';

const [culprit] = happeningAt(beginMs).culprits;
if (culprit === undefined) throw new Error('there is no culprit');

describe('what is kept', () => {
  it('has ten processes of a host under stress, and three of a calm one', () => {
    const processes = Array.from({ length: 30 }, (_, pid) => ({ ...culprit.process, pid }));
    const pids = (stress: number) =>
      sampleAsKept({ ...sampleAt(beginMs, { stress }), processes }).processes.map(({ pid }) => pid);
    expect(pids(0)).to.deep.equal([0, 1, 2]);
    expect(pids(1)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('ends, however long what was given is', () => {
    const culprits = Array.from({ length: 500 }, () => ({ ...culprit, share: 'x'.repeat(5000) }));
    const kept = happeningAsKept(happeningAt(beginMs, { culprits, notes: 'y'.repeat(1e6) }));
    expect(JSON.stringify(kept).length).to.be.lessThan(40_000);
  });

  it('has figures to a thousandth, and whole numbers as they are', () => {
    for (const [given, kept] of [
      [0.123456, 0.123],
      [2 ** 50 + 1, 2 ** 50 + 1],
      [1e15, 1e15],
      [-0.0004, 0],
    ] as const) {
      const { load1 } = sampleAsKept(sampleAt(beginMs, { load: given })).sample.cpu;
      expect(load1 === kept, `${given} became ${load1}`).to.equal(true);
    }
  });
});
