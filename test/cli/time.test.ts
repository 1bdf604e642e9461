import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  formatDuration,
  formatElapsed,
  formatInZone,
  formatRelative,
  parseSince,
} from '../../cli/time.ts';

const now = Date.parse('2026-11-21T12:00:00Z');

describe('times for people', () => {
  const durations: [number, string][] = [
    [0, '0s'],
    [-3, '0s'],
    [59.9, '59s'],
    [60, '1m 0s'],
    [3599, '59m 59s'],
    [7500, '2h 5m'],
    [86_399, '23h 59m'],
    [273_600, '3d 4h'],
  ];
  for (const [seconds, text] of durations) {
    it(`writes ${seconds} seconds as ${text}`, () => {
      expect(formatDuration(seconds)).to.equal(text);
    });
  }

  const zones: [string, string, string][] = [
    ['2026-11-22T05:00:00.000Z', 'UTC', '2026-11-22 05:00 +00:00'],
    ['2026-11-22T21:00:00.000Z', 'Europe/Istanbul', '2026-11-23 00:00 +03:00'],
    ['2026-11-01T05:30:00.000Z', 'America/New_York', '2026-11-01 01:30 -04:00'],
    ['2026-11-01T06:30:00.000Z', 'America/New_York', '2026-11-01 01:30 -05:00'],
    ['2026-11-22T00:00:00.000Z', 'Asia/Kathmandu', '2026-11-22 05:45 +05:45'],
    ['never', 'UTC', 'never'],
    ['2026-11-22T00:00:00.000Z', 'Mars/Olympus', '2026-11-22T00:00:00.000Z'],
  ];
  for (const [time, zone, text] of zones) {
    it(`writes ${time} in ${zone} as ${text}`, () => {
      expect(formatInZone(time, zone)).to.equal(text);
    });
  }

  const elapsed: [number, string][] = [
    [0.2, '0 ms'],
    [412.4, '412 ms'],
    [999.6, '1.0 s'],
    [1449, '1.4 s'],
    [59_900, '59.9 s'],
    [60_000, '1m 0s'],
  ];
  for (const [ms, text] of elapsed) {
    it(`writes a wait of ${ms} ms as ${text}`, () => {
      expect(formatElapsed(ms)).to.equal(text);
    });
  }

  const relative: [string, string][] = [
    ['2026-11-21T11:56:55Z', '3m 5s ago'],
    ['2026-11-21T12:00:04Z', 'in 4s'],
    ['2026-11-21T12:00:00Z', '0s ago'],
    ['never', 'never'],
  ];
  for (const [time, text] of relative) {
    it(`writes ${time} as ${text}`, () => {
      expect(formatRelative(time, now)).to.equal(text);
    });
  }

  const since: [string, string | null][] = [
    ['500ms', '2026-11-21T11:59:59.500Z'],
    ['10s', '2026-11-21T11:59:50.000Z'],
    ['1.5h', '2026-11-21T10:30:00.000Z'],
    ['1d', '2026-11-20T12:00:00.000Z'],
    ['2026-11-01T09:00:00+02:00', '2026-11-01T07:00:00.000Z'],
    ['2026-11-01', '2026-11-01T00:00:00.000Z'],
    ['2026-13-01', null],
    ['99999999999999d', null],
    ['yesterday', null],
    ['10', null],
    ['', null],
  ];
  for (const [text, expected] of since) {
    it(`reads --since ${JSON.stringify(text)} as ${expected ?? 'a mistake'}`, () => {
      expect(parseSince(text, now)).to.equal(expected);
    });
  }
});
