import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { monotonicClock, nextDueMs } from '../../../modules/trading/pacing.ts';

const seed = 20_000_103;

describe('pacing', () => {
  it(`does not drift: late timers leave the due times where they were (seed ${seed})`, () => {
    const lateness = fc.array(fc.integer({ min: 0, max: 900 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(lateness, (lateMs) => {
        let dueMs = 1000;
        for (const late of lateMs) dueMs = nextDueMs(dueMs, dueMs + late, 200);
        expect(dueMs).to.equal(1000 + 200 * lateMs.length);
      }),
      { seed },
    );
  });

  it('catches up after a short delay but starts counting anew after a long one', () => {
    expect(nextDueMs(1000, 2200, 200)).to.equal(1200);
    expect(nextDueMs(1000, 2201, 200)).to.equal(2201);
  });

  it('waits no longer than the time it was given, and not at all for a time that is past', async () => {
    const { signal } = new AbortController();
    const startMs = monotonicClock.nowMs();
    await monotonicClock.waitUntil(startMs - 5, signal);
    await monotonicClock.waitUntil(startMs + 5, signal);
    expect(monotonicClock.nowMs()).to.be.at.least(startMs + 5);
  });

  it('ends an endless wait when the signal aborts, before or during it', async () => {
    const stop = new AbortController();
    const waiting = monotonicClock.waitUntil(Infinity, stop.signal);
    stop.abort();
    await waiting;
    await monotonicClock.waitUntil(Infinity, stop.signal);
  });

  it('lets other work go first even when the time is past', async () => {
    let wentFirst = false;
    setImmediate(() => (wentFirst = true));
    await monotonicClock.waitUntil(0, new AbortController().signal);
    expect(wentFirst).to.equal(true);
  });
});
