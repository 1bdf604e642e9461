import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  admit,
  type Breaker,
  breakerRule,
  restartsMax,
  untrippedBreaker,
} from '../../../daemon/supervisor/breaker.ts';

const seed = 20261122;
/** The daemon is old enough here. */
const nowMs = 1_000_000;

/** Restarts of these modules, one a second; how each was answered: null may begin. */
function storm(modules: readonly string[], facts: { moduleCount?: number; startMs?: number } = {}) {
  const { moduleCount = 10, startMs = nowMs } = facts;
  let breaker: Breaker = untrippedBreaker;
  const waits = modules.map((module, n) => {
    const due = { module, nowMs: startMs + n * 1000, daemonStartedMs: 0, moduleCount };
    const admission = admit(breaker, due);
    breaker = admission.breaker;
    return admission.waitMs;
  });
  return { waits, breaker, begun: waits.filter((wait) => wait === null).length };
}

function inTurn(moduleCount: number, times: number): string[] {
  return Array.from({ length: moduleCount * times }, (_, n) => `m${n % moduleCount}`);
}

describe('the breaker of restart storms (row 58)', () => {
  it('lets 25 restarts of all modules through within five minutes, and holds the next for two', () => {
    const { waits, begun } = storm(inTurn(10, 3));
    expect(begun).to.equal(25);
    expect(waits[25]).to.equal(120_000);
  });

  it('lets 100 through in the first five minutes of the daemon', () => {
    expect(storm(inTurn(25, 5), { moduleCount: 25, startMs: 0 }).begun).to.equal(100);
    const young = { daemonStartedMs: 0, moduleCount: 3 };
    expect(restartsMax({ ...young, nowMs: 299_999 })).to.equal(100);
    expect(restartsMax({ ...young, nowMs: 300_000 })).to.equal(25);
  });

  it('lets every module be restarted once, however many there are', () => {
    const { begun, waits } = storm(inTurn(60, 2), { moduleCount: 60 });
    expect(begun).to.equal(60);
    expect(waits.indexOf(120_000)).to.equal(60);
  });

  it('is not tripped by one module, nor by five, that are allowed to crash without end', () => {
    expect(storm(inTurn(1, 1000)).begun).to.equal(1000);
    expect(storm(inTurn(5, 200)).begun).to.equal(1000);
    expect(storm(inTurn(6, 200)).begun).to.be.below(1000);
  });

  it('forgets restarts after five minutes', () => {
    const slow = inTurn(25, 100).map((module, n) => ({ module, nowMs: nowMs + n * 12_001 }));
    let breaker: Breaker = untrippedBreaker;
    for (const due of slow) {
      const admission = admit(breaker, { ...due, daemonStartedMs: 0, moduleCount: 25 });
      expect(admission.waitMs).to.equal(null);
      breaker = admission.breaker;
      expect(breaker.restarts.length).to.be.at.most(25);
    }
  });

  it('sets what waits one second apart, and begins to count anew when it is over', () => {
    const { breaker, waits } = storm(inTurn(10, 3));
    // Asked a second after one another, each a second behind the one before when it begins.
    expect(waits.slice(25)).to.deep.equal([120_000, 120_000, 120_000, 120_000, 120_000]);
    const untilMs = breaker.trippedUntilMs ?? 0;
    const due = { module: 'm0', daemonStartedMs: 0, moduleCount: 10 };
    expect(admit(breaker, { ...due, nowMs: untilMs - 1 }).waitMs).to.equal(5001);
    const first = admit(breaker, { ...due, nowMs: untilMs });
    expect(first).to.deep.include({ waitMs: null, tripped: false });
    expect(first.breaker.restarts).to.have.length(1);
  });

  it(`lets nothing begin while it has tripped, and never more than its limit between (seed ${seed})`, () => {
    const events = fc.array(
      fc.record({ module: fc.integer({ min: 0, max: 40 }), afterMs: fc.nat(4000) }),
      { minLength: 100, maxLength: 400 },
    );
    let trips = 0;
    fc.assert(
      fc.property(
        events,
        fc.nat(600_000),
        fc.integer({ min: 1, max: 60 }),
        (list, startMs, size) => {
          let breaker: Breaker = untrippedBreaker;
          let atMs = startMs;
          const begun: { module: string; atMs: number }[] = [];
          for (const { module, afterMs } of list) {
            atMs += afterMs;
            const due = {
              module: `m${module}`,
              nowMs: atMs,
              daemonStartedMs: 0,
              moduleCount: size,
            };
            const before = breaker.trippedUntilMs;
            const admission = admit(breaker, due);
            breaker = admission.breaker;
            if (before !== null && atMs < before) expect(admission.waitMs).to.be.greaterThan(0);
            if (admission.tripped) {
              begun.length = 0;
              trips++;
            }
            if (admission.waitMs === null) begun.push({ module: due.module, atMs });
            expect(counted(begun, atMs)).to.be.at.most(restartsMax(due));
          }
        },
      ),
      { seed },
    );
    expect(trips).to.be.above(20);
  });
});

/** Those within the window, of each module as many as count. */
function counted(begun: readonly { module: string; atMs: number }[], nowMs: number): number {
  const own = new Map<string, number>();
  for (const { module, atMs } of begun) {
    if (nowMs - atMs < breakerRule.windowMs) own.set(module, (own.get(module) ?? 0) + 1);
  }
  const { perModuleMax } = breakerRule;
  return [...own.values()].reduce((sum, count) => sum + Math.min(count, perModuleMax), 0);
}
