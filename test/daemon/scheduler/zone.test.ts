import { expect } from 'chai';
import { describe, it } from 'mocha';
import { zoneOf } from '../../../daemon/scheduler/zone.ts';
import { changesOf, wallClock, zones } from './wall-clock.ts';

const hourMs = 3_600_000;

describe('a time zone', () => {
  // Recife went back to winter after a week.
  for (const name of [...zones, 'America/Recife'])
    it(`changes in ${name} when Intl says so, and to the second`, () => {
      const zone = zoneOf(name);
      const localAt = wallClock(name);
      for (const { atMs } of changesOf(name)) {
        const change = zone.nextChange(atMs - hourMs, atMs + hourMs);
        const beforeMs = localAt(atMs - 1000) - (atMs - 1000);
        const afterMs = localAt(atMs) - atMs;
        expect(change).to.deep.equal({ atMs, beforeMs, afterMs });
        expect(zone.offsetMsAt(atMs - 1)).to.equal(beforeMs);
        expect(zone.offsetMsAt(atMs)).to.equal(afterMs);
        expect(zone.nextChange(atMs, atMs + hourMs)).to.equal(null);
        expect(zone.nextChange(atMs - 1, atMs)).to.deep.equal(change);
        expect(zone.recentChange(atMs)).to.deep.equal(change);
        expect(zone.recentChange(atMs - 1)).to.equal(null);
      }
    });

  const instants: [string, string, string, string][] = [
    ['once', 'Europe/Istanbul', '2026-11-19T09:00Z', '2026-11-19T06:00Z'],
    ['in the gap', 'America/New_York', '2026-03-08T02:30Z', '2026-03-08T07:00Z'],
    ['at the start of the gap', 'America/New_York', '2026-03-08T02:00Z', '2026-03-08T07:00Z'],
    ['at the end of the gap', 'America/New_York', '2026-03-08T03:00Z', '2026-03-08T07:00Z'],
    ['twice', 'America/New_York', '2026-11-01T01:30Z', '2026-11-01T05:30Z'],
    ['after it came twice', 'America/New_York', '2026-11-01T02:00Z', '2026-11-01T07:00Z'],
    ['twice for half an hour', 'Australia/Lord_Howe', '2026-04-05T01:30Z', '2026-04-04T14:30Z'],
    ['on a day that was left out', 'Pacific/Apia', '2011-12-30T12:00Z', '2011-12-30T10:00Z'],
  ];
  for (const [what, name, local, instant] of instants)
    it(`has an instant for a local time that comes ${what}`, () => {
      const atMs = zoneOf(name).instantOf(Date.parse(local));
      expect(new Date(atMs).toISOString()).to.equal(new Date(instant).toISOString());
    });

  it('is one for each name, and none for a name that Intl does not know', () => {
    expect(zoneOf('Asia/Tokyo')).to.equal(zoneOf('Asia/Tokyo'));
    expect(() => zoneOf('Mars/Olympus')).to.throw(RangeError);
  });
});
