import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  countAfterRun,
  judgeExit,
  longestDelay,
  restartDelay,
} from '../../../daemon/supervisor/restart.ts';
import { standardRestart } from './test-module.ts';

const seed = 20260103;
const policies = fc
  .record({
    policy: fc.constantFrom('never' as const, 'on_failure' as const, 'always' as const),
    maxRestarts: fc.nat(100),
    baseDelayMs: fc.nat(60_000),
    extraMs: fc.nat(600_000),
    minDelayMs: fc.nat(120_000),
    jitter: fc.double({ min: 0, max: 1, noNaN: true }),
    resetAfterMs: fc.integer({ min: 1, max: 86_400_000 }),
  })
  .map(({ extraMs, ...policy }) => ({ ...policy, maxDelayMs: policy.baseDelayMs + extraMs }));
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('an exit that nobody asked for', () => {
  const exit = (code: number | null, signal: string | null = null) =>
    ({ cause: 'exit', code, signal, restartCount: 0 }) as const;
  const slow = { cause: 'start_timeout', code: null, signal: 'SIGTERM', restartCount: 0 } as const;
  const rows = [
    // what happened            never              on_failure   always
    ['code 0', exit(0), 'finished', 'finished', 'back_off'],
    ['code 1', exit(1), 'crashed', 'back_off', 'back_off'],
    ['SIGKILL', exit(null, 'SIGKILL'), 'crashed', 'back_off', 'back_off'],
    ['an unknown end', exit(null), 'crashed', 'back_off', 'back_off'],
    ['code 78', exit(78), 'exit_78', 'exit_78', 'exit_78'],
    ['code 79', exit(79), 'halted', 'halted', 'halted'],
    ['a slow start', slow, 'start_timeout', 'back_off', 'back_off'],
    ['a slow start with code 0', { ...slow, code: 0 }, 'start_timeout', 'back_off', 'back_off'],
  ] as const;
  for (const [what, unasked, ...expected] of rows) {
    it(`by ${what} is judged by the policy`, () => {
      const found = (['never', 'on_failure', 'always'] as const).map((policy) => {
        const verdict = judgeExit(unasked, { ...standardRestart, policy });
        return verdict.kind === 'give_up' ? verdict.reason : verdict.kind;
      });
      expect(found).to.deep.equal(expected);
    });
  }

  it('is forgiven five times, which makes six runs', () => {
    let runs = 1;
    while (judgeExit({ ...exit(1), restartCount: runs - 1 }, standardRestart).kind === 'back_off')
      runs++;
    expect(runs).to.equal(6);
  });

  it('is given up on for what happened at last', () => {
    const last = { restartCount: 5 };
    expect(judgeExit({ ...exit(1), ...last }, standardRestart)).to.include({
      reason: 'restart_limit',
    });
    expect(judgeExit({ ...slow, ...last }, standardRestart)).to.include({
      reason: 'start_timeout',
    });
  });

  it('never leads to another restart at the limit', () => {
    const exits = fc.record({
      cause: fc.constantFrom('exit' as const, 'start_timeout' as const),
      code: fc.option(fc.integer({ min: 0, max: 255 })),
      signal: fc.constant(null),
    });
    fc.assert(
      fc.property(exits, policies, fc.nat(200), (unasked, policy, restartCount) => {
        const { kind } = judgeExit({ ...unasked, restartCount }, policy);
        if (kind === 'back_off') expect(restartCount).to.be.below(policy.maxRestarts);
      }),
      { seed },
    );
  });
});

describe('the delay before a restart', () => {
  it('doubles from the base to the cap', () => {
    const delays = [0, 1, 2, 3, 4, 5, 6, 7, 1000].map((n) => restartDelay(n, standardRestart, 0.5));
    expect(delays).to.deep.equal([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it('is spread by the jitter to both sides (row 54)', () => {
    const policy = { ...standardRestart, jitter: 0.1 };
    expect(restartDelay(0, policy, 0)).to.equal(900);
    expect(restartDelay(0, policy, 0.5)).to.equal(1000);
    expect(restartDelay(0, policy, 0.999_999)).to.equal(1100);
  });

  it('is never under the floor, also when the floor is over the cap (row 83)', () => {
    expect(restartDelay(0, { ...standardRestart, minDelayMs: 90_000 }, 0.5)).to.equal(90_000);
  });

  it('stays within its bounds, whatever the configuration', () => {
    fc.assert(
      fc.property(policies, fc.nat(5000), chance, (policy, restartCount, random) => {
        const delayMs = restartDelay(restartCount, policy, random);
        expect(delayMs).to.satisfy(Number.isInteger);
        expect(delayMs).to.be.within(policy.minDelayMs, longestDelay(policy));
      }),
      { seed },
    );
  });

  it('does not shrink from one restart to the next but by chance', () => {
    fc.assert(
      fc.property(policies, fc.nat(100), (policy, restartCount) => {
        const now = restartDelay(restartCount, policy, 0.5);
        expect(restartDelay(restartCount + 1, policy, 0.5)).to.be.at.least(now);
      }),
      { seed },
    );
  });
});

describe('the count of restarts', () => {
  it('is forgiven by a run as long as reset_after, and by no shorter one', () => {
    expect(countAfterRun(4, 3_599_999, 3_600_000)).to.equal(4);
    expect(countAfterRun(4, 3_600_000, 3_600_000)).to.equal(0);
  });
});
