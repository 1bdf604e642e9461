import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { judgeInterval, type Moment } from '../../../../modules/monitoring/pauses/verdict.ts';

const seed = 20261122;
const cores = 4;

interface Passed {
  readonly monotonicMs: number;
  readonly suspendedMs?: number;
  readonly steppedMs?: number;
  /** Of all cores together. */
  readonly stolenMs?: number;
  readonly busyMs?: number;
  /** That the kernel has accounted to all cores; default: all that passed. */
  readonly accountedMs?: number;
  readonly coresNow?: number;
}

const before: Moment = {
  clocks: { wallMs: 1e12, monotonicMs: 5e6, bootMs: 8e6, stealMs: 700, cpuTimeMs: 3e7 },
  cpu: { onlineCores: cores, times: { busyMs: 1e6, idleMs: 2e7, ioWaitMs: 9e6, stealMs: 700 } },
};

function momentAfter(passed: Passed): Moment {
  const { monotonicMs, suspendedMs = 0, steppedMs = 0, stolenMs = 0, busyMs = 1000 } = passed;
  const { accountedMs = monotonicMs * cores, coresNow = cores } = passed;
  const { clocks } = before;
  return {
    clocks: {
      wallMs: clocks.wallMs + monotonicMs + suspendedMs + steppedMs,
      monotonicMs: clocks.monotonicMs + monotonicMs,
      bootMs: clocks.bootMs + monotonicMs + suspendedMs,
      stealMs: 700 + stolenMs,
      cpuTimeMs: 3e7 + accountedMs,
    },
    cpu: {
      onlineCores: coresNow,
      times: { busyMs: 1e6 + busyMs, idleMs: 3e7, ioWaitMs: 9e6, stealMs: 700 + stolenMs },
    },
  };
}

function judge(passed: Passed, expectedMs = 5000) {
  return judgeInterval(before, momentAfter(passed), expectedMs);
}

describe('the verdict on an interval', () => {
  const spans: [actualMs: number, expectedMs: number, isPause: boolean][] = [
    [15_000, 5000, true],
    [10_000, 5000, true],
    [9900, 5000, false],
    [5000, 5000, false],
    [2000, 1000, true],
    [1999, 1000, false],
    [1900, 500, true],
    [1400, 500, false],
    [79_000, 5000, true],
    [3000, 0, false],
  ];
  for (const [actualMs, expectedMs, isPause] of spans) {
    const what = isPause ? 'a pause' : 'none';
    it(`is ${what} for ${actualMs} ms instead of ${expectedMs} (row 32)`, () => {
      expect(judge({ monotonicMs: actualMs }, expectedMs).kind).to.equal(
        isPause ? 'pause' : 'none',
      );
    });
  }

  it('has the raw and the excess duration of a pause (row 32)', () => {
    const pause = {
      cause: 'process',
      actualMs: 79_000,
      expectedMs: 5000,
      excessMs: 74_000,
      latencyRatio: 15.8,
    };
    const verdict = judge({ monotonicMs: 79_000 });
    expect(verdict).to.deep.equal({ kind: 'pause', latencyRatio: 15.8, pause });
  });

  it('is in whole milliseconds', () => {
    const verdict = judge({ monotonicMs: 15_000.123_456 });
    expect(verdict.kind === 'pause' && verdict.pause.excessMs).to.equal(10_000);
  });

  it('says how late a sample was that is none', () => {
    expect(judge({ monotonicMs: 7000 })).to.deep.equal({ kind: 'none', latencyRatio: 1.4 });
  });

  it('is a suspend, and no pause, when the host slept (row 33)', () => {
    const slept = { kind: 'suspend', latencyRatio: 1, suspendedMs: 3_600_000 };
    expect(judge({ monotonicMs: 5000, suspendedMs: 3_600_000 })).to.deep.equal(slept);
  });

  it('is a suspend, and no pause, when waking up took long (row 32)', () => {
    expect(judge({ monotonicMs: 20_000, suspendedMs: 60_000 }).kind).to.equal('suspend');
  });

  it('is no suspend for what two clocks always differ by', () => {
    expect(judge({ monotonicMs: 5000, suspendedMs: 2000 }).kind).to.equal('none');
    expect(judge({ monotonicMs: 15_000, suspendedMs: 2000 }).kind).to.equal('pause');
    expect(judge({ monotonicMs: 5000, suspendedMs: 1500, steppedMs: 1500 }).kind).to.equal('none');
  });

  for (const steppedMs of [-3_600_000, -2001, 2001, 3_600_000]) {
    it(`is a step, and no pause, when the wall clock was set by ${steppedMs} ms`, () => {
      const verdict = judge({ monotonicMs: 5000, steppedMs });
      expect(verdict).to.deep.equal({ kind: 'step', latencyRatio: 1, steppedMs });
    });
  }

  it('is a pause of the same length whatever the wall clock says', () => {
    const still = judge({ monotonicMs: 15_000 });
    for (const steppedMs of [-86_400_000, 5000, 86_400_000]) {
      expect(judge({ monotonicMs: 15_000, steppedMs })).to.deep.equal(still);
    }
  });

  const causes: [what: string, passed: Partial<Passed>, cause: string][] = [
    ['everything else ran on', {}, 'process'],
    ['one busy core was stolen all the time', { stolenMs: 10_000, busyMs: 500 }, 'machine'],
    ['all cores were stolen', { stolenMs: 40_000, busyMs: 5000 }, 'machine'],
    ['a little was stolen of busy cores', { stolenMs: 6000, busyMs: 54_000 }, 'process'],
    ['almost nothing was wanted, and that stolen', { stolenMs: 300, busyMs: 100 }, 'process'],
    ['nobody accounted for the time', { accountedMs: 20_000 }, 'machine'],
    ['a little is missing in the accounts', { accountedMs: 50_000 }, 'process'],
    ['a core went offline', { accountedMs: 20_000, coresNow: 2 }, 'process'],
  ];
  for (const [what, passed, cause] of causes) {
    it(`blames the ${cause} when ${what}`, () => {
      const verdict = judge({ monotonicMs: 15_000, ...passed });
      expect(verdict.kind === 'pause' && verdict.pause.cause).to.equal(cause);
    });
  }

  it('blames the process where the host does not tell its times', () => {
    const unknown = { stealMs: null, cpuTimeMs: null };
    const [from, to] = [before, momentAfter({ monotonicMs: 15_000, stolenMs: 40_000 })].map(
      ({ clocks, cpu }) => ({ clocks: { ...clocks, ...unknown }, cpu: { ...cpu, times: null } }),
    ) as [Moment, Moment];
    const verdict = judgeInterval(from, to, 5000);
    expect(verdict.kind === 'pause' && verdict.pause.cause).to.equal('process');
  });

  it(`is one thing, and a pause only of time that this process lost (seed ${seed})`, () => {
    const ms = fc.integer({ min: 0, max: 200_000 });
    const steps = fc.integer({ min: -200_000, max: 200_000 });
    fc.assert(
      fc.property(ms, ms, steps, ms, (monotonicMs, suspendedMs, steppedMs, stolenMs) => {
        const { kind } = judge({ monotonicMs, suspendedMs, steppedMs, stolenMs });
        const isSuspend = suspendedMs > 2000;
        const isPause = !isSuspend && monotonicMs >= 10_000;
        const isStep = !isSuspend && !isPause && Math.abs(steppedMs) > 2000;
        const found = isSuspend ? 'suspend' : isPause ? 'pause' : isStep ? 'step' : 'none';
        expect(kind).to.equal(found);
      }),
      { seed, numRuns: 500 },
    );
  });
});
