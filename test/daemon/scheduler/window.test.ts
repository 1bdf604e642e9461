import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { type Window, windowAt, windowOf } from '../../../daemon/scheduler/window.ts';
import { changesOf, type Look, looks, zones } from './wall-clock.ts';

const seed = Number(process.env['SCHEDULE_SEED'] ?? 20_370_119);
const minuteMs = 60_000;
const hourMs = 3_600_000;

const weekdays = [1, 2, 3, 4, 5];
const istanbul = windowOf('09:00', '18:00', weekdays, 'Europe/Istanbul');
const overnight = windowOf('22:00', '06:00', weekdays, 'UTC');
const inGap = windowOf('02:10', '02:50', [7], 'America/New_York');
const intoGap = windowOf('01:30', '02:30', [7], 'America/New_York');
const inTwice = windowOf('01:30', '01:45', [7], 'America/New_York');
const throughTwice = windowOf('00:30', '02:00', [7], 'America/New_York');

describe('a window', () => {
  const table: [string, Window, string, boolean, string][] = [
    [
      'is open at 10:00 of a working day (row 85)',
      istanbul,
      '2026-11-19T07:00Z',
      true,
      '2026-11-19T15:00Z',
    ],
    ['is closed at 20:00 (row 85)', istanbul, '2026-11-19T17:00Z', false, '2026-11-20T06:00Z'],
    ['opens at its start', istanbul, '2026-11-19T06:00Z', true, '2026-11-19T15:00Z'],
    ['is closed until its start', istanbul, '2026-11-19T05:59:59.999Z', false, '2026-11-19T06:00Z'],
    ['is open until its stop', istanbul, '2026-11-19T14:59:59.999Z', true, '2026-11-19T15:00Z'],
    ['closes at its stop', istanbul, '2026-11-19T15:00Z', false, '2026-11-20T06:00Z'],
    ['stays closed over the weekend', istanbul, '2026-11-20T16:00Z', false, '2026-11-23T06:00Z'],
    ['goes on over midnight', overnight, '2026-11-19T23:00Z', true, '2026-11-20T06:00Z'],
    [
      'goes on into a day that is not its own',
      overnight,
      '2026-11-21T05:00Z',
      true,
      '2026-11-21T06:00Z',
    ],
    [
      'does not go on from a day that is not its own',
      overnight,
      '2026-11-23T05:00Z',
      false,
      '2026-11-23T22:00Z',
    ],
    [
      'does not open in a gap that has both its edges',
      inGap,
      '2026-03-08T06:59Z',
      false,
      '2026-03-15T06:10Z',
    ],
    [
      'is over at the end of a gap that has its stop',
      intoGap,
      '2026-03-08T06:45Z',
      true,
      '2026-03-08T07:00Z',
    ],
    [
      'opens in the first of two equal hours',
      inTwice,
      '2026-11-01T05:31Z',
      true,
      '2026-11-01T05:45Z',
    ],
    ['does not open again in the second', inTwice, '2026-11-01T06:31Z', false, '2026-11-08T06:30Z'],
    [
      'lasts an hour longer through both',
      throughTwice,
      '2026-11-01T05:31Z',
      true,
      '2026-11-01T07:00Z',
    ],
  ];
  for (const [what, window, now, open, nextEdge] of table)
    it(what, () => {
      const state = { open, nextEdgeMs: Date.parse(nextEdge) };
      expect(windowAt(window, Date.parse(now))).to.deep.equal(state);
    });

  it('passes from one of its days to the next without closing where a gap has what lies between', () => {
    const window = windowOf('02:40', '02:20', [6, 7], 'America/New_York');
    const opened = Date.parse('2026-03-07T07:40Z');
    const closed = Date.parse('2026-03-09T06:20Z');
    expect(windowAt(window, opened)).to.deep.equal({ open: true, nextEdgeMs: closed });
  });

  it('without days is never open', () => {
    const never = { ...istanbul, days: [] };
    expect(windowAt(never, 0)).to.deep.equal({ open: false, nextEdgeMs: null });
  });

  it(`is open as the clock on the wall shows it, around any change (SCHEDULE_SEED=${seed})`, () => {
    const minute = fc.oneof(fc.nat(1439), fc.nat(240));
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 4 });
    const change = fc.constantFrom(...zones.flatMap(changesOf)).filter(isWithinADay);
    fc.assert(
      fc.property(minute, minute, days, change, (startMinute, stopMinute, days, { zone, atMs }) => {
        fc.pre(startMinute !== stopMinute);
        const window: Window = { startMinute, stopMinute, days, timezone: zone };
        const states = openByTheMinute(window, looks(zone, atMs - 27 * hourMs, atMs + 6 * hourMs));
        for (const [index, { atMs, open }] of states.entries()) {
          if (open === null) continue;
          const state = windowAt(window, atMs);
          expect(state.open, new Date(atMs).toISOString()).to.equal(open);
          const edge = states.slice(index).find((later) => later.open !== open);
          if (edge) expect(state.nextEdgeMs).to.equal(edge.atMs);
        }
      }),
      { seed, numRuns: 25 },
    );
  });
});

function isWithinADay({ shiftMs }: { readonly shiftMs: number }): boolean {
  return Math.abs(shiftMs) < 12 * hourMs;
}

/** Null until the first edge has come. */
function openByTheMinute(window: Window, seen: readonly Look[]) {
  const shown = new Set<number>();
  let open: boolean | null = null;
  let previousMs = seen[0]?.localMs ?? 0;
  return seen.map(({ atMs, localMs }) => {
    const fromMs = localMs > previousMs ? previousMs : localMs - 1;
    for (let one = Math.floor(fromMs / minuteMs) * minuteMs; one <= localMs; one += minuteMs) {
      if (one <= fromMs || shown.has(one)) continue;
      shown.add(one);
      const clock = new Date(one);
      const minute = clock.getUTCHours() * 60 + clock.getUTCMinutes();
      if (minute === window.stopMinute) open = false;
      const isItsDay = window.days.includes(clock.getUTCDay() || 7);
      if (minute === window.startMinute && isItsDay) open = true;
    }
    previousMs = localMs;
    return { atMs, open };
  });
}
