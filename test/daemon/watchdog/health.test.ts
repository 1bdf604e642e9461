import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  type CheckResult,
  type HealthHistory,
  type HealthRule,
  judgeHealth,
  noHistory,
} from '../../../daemon/watchdog/health.ts';
import { nextCheckDelay } from '../../../daemon/watchdog/pace.ts';

const seed = 20_261_122;

const well = { kind: 'well' } as const;
const ill = { kind: 'ill', restartHelps: true, ageMs: 100_000 } as const;
const trouble = { ...ill, restartHelps: false } as const;
const tooEarly = { ...ill, ageMs: 1000 } as const;
const voided = { kind: 'void' } as const;
const unasked = { kind: 'unasked' } as const;
const rule: HealthRule = { failures: 3, startPeriodMs: 10_000, restarts: true };

/** The last health, and after which results a restart was asked for. */
function judged(results: readonly CheckResult[], by = rule) {
  let history = noHistory;
  const restarts: number[] = [];
  results.forEach((result, at) => {
    const verdict = judgeHealth(history, result, by);
    history = verdict.history;
    if (verdict.action === 'restart') restarts.push(at + 1);
  });
  return { health: history.health, restarts };
}

describe('the judgement of health', () => {
  const rows: [string, readonly CheckResult[], HealthHistory['health'], number[]][] = [
    ['nothing yet', [], 'unknown', []],
    ['one good check', [well], 'healthy', []],
    ['one failure', [well, ill], 'degraded', []],
    ['a failure before anything else', [ill], 'degraded', []],
    ['too few failures, then a good one', [ill, ill, well], 'healthy', []],
    ['a row of failures that was broken', [ill, ill, well, ill, ill], 'degraded', []],
    ['as many failures as it takes', [well, ill, ill, ill], 'unhealthy', [4]],
    ['recovery', [ill, ill, ill, well], 'healthy', [3]],
    ['trouble that no restart mends', [trouble, trouble, trouble, trouble], 'unhealthy', []],
    ['such trouble, then silence', [trouble, trouble, trouble, ill, ill, ill], 'unhealthy', [6]],
    ['silence, broken by an answer', [ill, ill, trouble, ill, ill], 'unhealthy', []],
    ['failures in the start period', [tooEarly, tooEarly, tooEarly], 'unknown', []],
    ['failures in it after it was well', [well, tooEarly, tooEarly, tooEarly], 'unhealthy', [4]],
    ['failures around lost time', [ill, ill, voided, ill, ill], 'degraded', []],
    ['lost time', [well, voided], 'healthy', []],
    ['lost time while it was unhealthy', [ill, ill, ill, voided, ill], 'unhealthy', [3]],
    ['a link that is not there any more', [well, ill, ill, unasked, ill], 'degraded', []],
  ];
  for (const [title, results, health, restarts] of rows) {
    it(`after ${title} is ${health}${restarts.length > 0 ? ', with a restart' : ''}`, () => {
      expect(judged(results)).to.deep.equal({ health, restarts });
    });
  }

  it('asks for no restart where the policy would not bring it back', () => {
    const never = { ...rule, restarts: false };
    expect(judged([ill, ill, ill, ill], never)).to.deep.equal({
      health: 'unhealthy',
      restarts: [],
    });
  });

  it('needs one failure only where that is the rule', () => {
    const strict = { ...rule, failures: 1 };
    expect(judged([ill], strict)).to.deep.equal({ health: 'unhealthy', restarts: [1] });
    expect(judged([trouble], strict)).to.deep.equal({ health: 'unhealthy', restarts: [] });
  });

  it(`restarts exactly for as many failures in a row that it could help (seed ${seed})`, () => {
    const result = fc.constantFrom<CheckResult[]>(well, ill, trouble, voided, unasked, tooEarly);
    const anyRule = fc.record({
      failures: fc.integer({ min: 1, max: 4 }),
      startPeriodMs: fc.constantFrom(0, 10_000),
      restarts: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(result, { maxLength: 30 }), anyRule, (results, by) => {
        const { restarts } = judged(results, by);
        for (const at of restarts) {
          const row = results.slice(at - by.failures, at);
          expect(row).to.have.length(by.failures);
          expect(row.every(({ kind }) => kind === 'ill')).to.equal(true);
          expect(row).to.not.include(trouble);
        }
        if (!by.restarts) expect(restarts).to.deep.equal([]);
        const last = results.at(-1);
        if (last === well) expect(judged(results, by).health).to.equal('healthy');
        if (last === unasked) expect(judged(results, by).health).to.equal('unknown');
        const allFail = results.slice(-by.failures).every((one) => one === ill);
        if (results.length >= by.failures && allFail) {
          expect(judged(results, by).health).to.equal('unhealthy');
          expect(restarts.includes(results.length)).to.equal(by.restarts);
        }
      }),
      { seed, numRuns: 2000 },
    );
  });
});

describe('the pace of checks', () => {
  it('is spread at the start, however many begin together, and then as configured', () => {
    expect([0, 0.5, 0.9].map((random) => nextCheckDelay(0, 30_000, random))).to.deep.equal([
      0, 500, 900,
    ]);
    expect(nextCheckDelay(0, 100, 0.5)).to.equal(50);
    expect([0, 0.5].map((random) => nextCheckDelay(1, 30_000, random))).to.deep.equal([
      30_000, 22_500,
    ]);
    expect(nextCheckDelay(7, 30_000, 0.5)).to.equal(30_000);
  });
});
