import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Edge, hoursAt, type SeenHours } from '../../../daemon/scheduler/hours.ts';
import { windowAt, windowOf } from '../../../daemon/scheduler/window.ts';

const seed = 20261122;
const startMs = Date.parse('2026-10-20T00:00:00Z');
const dayMs = 86_400_000;

const time = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'));
const windows = fc
  .record({
    start: time,
    stop: time,
    days: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
    // Two of them change their offset within these weeks.
    timezone: fc.constantFrom('UTC', 'Europe/London', 'America/New_York', 'Asia/Kolkata'),
  })
  .filter(({ start, stop }) => start !== stop)
  .map(({ start, stop, days, timezone }) => windowOf(start, stop, days, timezone));
const gaps = fc.array(fc.integer({ min: 1, max: 3 * dayMs }), { minLength: 1, maxLength: 30 });
const edgeSets = fc.subarray<Edge>(['opens', 'closes']).map((edges) => new Set(edges));

describe('what the trading window says', () => {
  it('is what it is at that moment, whatever lay between two looks, and each change is an edge', () => {
    fc.assert(
      fc.property(windows, gaps, (window, steps) => {
        let nowMs = startMs;
        let last: SeenHours | null = null;
        for (const stepMs of steps) {
          nowMs += stepMs;
          const hours = hoursAt(window, last, new Set(), nowMs);
          const { open } = windowAt(window, nowMs);
          expect(hours.claim).to.equal(open ? 'up' : 'down');
          if (last === null) expect(hours.edge).to.equal(null);
          else if (hours.claim !== last.claim) expect(hours.edge).not.to.equal(null);
          if (hours.edge !== null) expect(hours.edge).to.equal(open ? 'opens' : 'closes');
          last = hours;
        }
      }),
      { seed },
    );
  });

  it('says nothing new at a second look in the same instant', () => {
    fc.assert(
      fc.property(windows, gaps, edgeSets, (window, [gapMs = 1], paused) => {
        const first = hoursAt(window, { seenMs: startMs, claim: 'up' }, paused, startMs + gapMs);
        const second = hoursAt(window, first, paused, startMs + gapMs);
        expect(second).to.deep.equal({ ...first, edge: null });
      }),
      { seed },
    );
  });

  it('never changes by an edge that is paused', () => {
    fc.assert(
      fc.property(windows, gaps, edgeSets, (window, steps, paused) => {
        let nowMs = startMs;
        let last: SeenHours = { seenMs: startMs, claim: 'down' };
        for (const stepMs of steps) {
          nowMs += stepMs;
          const hours = hoursAt(window, last, paused, nowMs);
          if (hours.edge === null) expect(hours.claim).to.equal(last.claim);
          else {
            expect(paused.has(hours.edge)).to.equal(false);
            expect(hours.claim).to.equal(hours.edge === 'opens' ? 'up' : 'down');
          }
          last = hours;
        }
      }),
      { seed },
    );
  });
});
