import { expect } from 'chai';
import { describe, it } from 'mocha';
import { nextRun, runsBetween } from '../../../daemon/scheduler/next-run.ts';
import { cronSpec, dailySpec } from './specs.ts';

/** `HH:MM` alone, or with its days. */
type TimeOfDay = readonly [string, (readonly number[])?];
type Table = readonly (readonly [string | TimeOfDay, string, string, readonly string[]])[];

/** What is due, in which zone, after which instant, and the next runs. */
const calendar: Table = [
  [
    ['09:00', [1, 2, 3, 4, 5]],
    'Europe/Istanbul',
    '2026-11-19T00:00Z', // a Thursday
    ['2026-11-19T06:00Z', '2026-11-20T06:00Z', '2026-11-23T06:00Z', '2026-11-24T06:00Z'],
  ],
  [
    '0 9 * * MON-FRI',
    'Europe/Istanbul',
    '2026-11-19T06:00Z',
    ['2026-11-20T06:00Z', '2026-11-23T06:00Z', '2026-11-24T06:00Z'],
  ],
  [['23:59'], 'UTC', '2026-12-31T12:00Z', ['2026-12-31T23:59Z', '2027-01-01T23:59Z']],
  [['00:00', [7]], 'UTC', '2026-11-19T00:00Z', ['2026-11-22T00:00Z', '2026-11-29T00:00Z']],
  ['*/15 * * * *', 'UTC', '2026-11-19T23:31Z', ['2026-11-19T23:45Z', '2026-11-20T00:00Z']],
  ['*/15 * * * *', 'Asia/Kathmandu', '2026-11-19T00:00Z', ['2026-11-19T00:15Z']],
  ['0 * * * *', 'Asia/Kathmandu', '2026-11-19T00:00Z', ['2026-11-19T00:15Z', '2026-11-19T01:15Z']],
  [
    '5,10-12 8-9 * * *',
    'UTC',
    '2026-11-19T08:10Z',
    ['2026-11-19T08:11Z', '2026-11-19T08:12Z', '2026-11-19T09:05Z', '2026-11-19T09:10Z'],
  ],
  [
    '0 0 13 * FRI',
    'UTC',
    '2026-11-01T00:00Z',
    [
      '2026-11-06T00:00Z',
      '2026-11-13T00:00Z',
      '2026-11-20T00:00Z',
      '2026-11-27T00:00Z',
      '2026-12-04T00:00Z',
      '2026-12-11T00:00Z',
      '2026-12-13T00:00Z',
    ],
  ],
  ['0 0 */2 * MON', 'UTC', '2026-11-01T00:00Z', ['2026-11-09T00:00Z', '2026-11-23T00:00Z']],
  ['0 0 31 * *', 'UTC', '2026-01-31T00:00Z', ['2026-03-31T00:00Z', '2026-05-31T00:00Z']],
  ['0 0 29 2 *', 'UTC', '2097-01-01T00:00Z', ['2104-02-29T00:00Z']],
  ['0 0 29 2 */7', 'UTC', '2088-03-01T00:00Z', ['2128-02-29T00:00Z']],
  ['0 0 1 1 *', 'America/New_York', '2026-01-01T05:00Z', ['2027-01-01T05:00Z']],
];

const forward: Table = [
  // New York, 8 March 2026: after 01:59 comes 03:00, at 07:00Z.
  [
    '30 2 * * *',
    'America/New_York',
    '2026-03-07T12:00Z',
    ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
  ],
  [['02:00'], 'America/New_York', '2026-03-07T12:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:00Z']],
  [
    '0 3 * * *',
    'America/New_York',
    '2026-03-07T12:00Z',
    ['2026-03-08T07:00Z', '2026-03-09T07:00Z'],
  ],
  [
    '59 1 * * *',
    'America/New_York',
    '2026-03-07T12:00Z',
    ['2026-03-08T06:59Z', '2026-03-09T05:59Z'],
  ],
  [
    '0,20,40 2,3 * * *',
    'America/New_York',
    '2026-03-07T12:00Z',
    ['2026-03-08T07:00Z', '2026-03-08T07:20Z', '2026-03-08T07:40Z', '2026-03-09T06:00Z'],
  ],
  ['30 2 * * *', 'America/New_York', '2026-03-08T06:59Z', ['2026-03-08T07:00Z']],
  ['30 2 * * *', 'America/New_York', '2026-03-08T07:00Z', ['2026-03-09T06:30Z']],
  ['30 2 8 3 *', 'America/New_York', '2025-12-01T00:00Z', ['2026-03-08T07:00Z']],
  ['30 2 9 3 *', 'America/New_York', '2025-12-01T00:00Z', ['2026-03-09T06:30Z']],
  [
    '*/30 * * * *',
    'America/New_York',
    '2026-03-08T06:29Z',
    ['2026-03-08T06:30Z', '2026-03-08T07:00Z', '2026-03-08T07:30Z'],
  ],
  ['*/15 2 * * *', 'America/New_York', '2026-03-07T12:00Z', ['2026-03-09T06:00Z']],
  // Lord Howe, 4 October 2026: half an hour, 01:59 to 02:30, at 15:30Z of the day before.
  [
    '15 2 * * *',
    'Australia/Lord_Howe',
    '2026-10-03T00:00Z',
    ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
  ],
  // Beirut, 29 March 2026: at midnight.
  ['0 0 * * *', 'Asia/Beirut', '2026-03-28T00:00Z', ['2026-03-28T22:00Z', '2026-03-29T21:00Z']],
  // Samoa left out 30 December 2011.
  ['0 9 * * *', 'Pacific/Apia', '2011-12-29T00:00Z', ['2011-12-29T19:00Z', '2011-12-30T19:00Z']],
  ['0 9 30 * *', 'Pacific/Apia', '2011-12-29T00:00Z', ['2012-01-29T19:00Z']],
  // Monrovia was 44 minutes and 30 seconds behind until 7 January 1972.
  [
    '30 9 * * *',
    'Africa/Monrovia',
    '1972-01-06T00:00Z',
    ['1972-01-06T10:14:30Z', '1972-01-07T09:30Z'],
  ],
];

const back: Table = [
  // New York, 1 November 2026: after 01:59 comes 01:00, at 06:00Z.
  [
    '30 1 * * *',
    'America/New_York',
    '2026-10-31T12:00Z',
    ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
  ],
  ['30 1 * * *', 'America/New_York', '2026-11-01T06:10Z', ['2026-11-02T06:30Z']],
  [['01:00'], 'America/New_York', '2026-10-31T12:00Z', ['2026-11-01T05:00Z', '2026-11-02T06:00Z']],
  [
    '0 2 * * *',
    'America/New_York',
    '2026-10-31T12:00Z',
    ['2026-11-01T07:00Z', '2026-11-02T07:00Z'],
  ],
  [
    '*/30 * * * *',
    'America/New_York',
    '2026-11-01T04:45Z',
    [
      '2026-11-01T05:00Z',
      '2026-11-01T05:30Z',
      '2026-11-01T06:00Z',
      '2026-11-01T06:30Z',
      '2026-11-01T07:00Z',
    ],
  ],
  ['0 * * * *', 'Europe/London', '2026-10-25T00:00Z', ['2026-10-25T01:00Z', '2026-10-25T02:00Z']],
  ['0 * * * *', 'Europe/London', '2026-10-24T23:30Z', ['2026-10-25T00:00Z', '2026-10-25T01:00Z']],
  // Lord Howe, 5 April 2026: 01:59 to 01:30, at 15:00Z of the day before.
  [
    '45 1 * * *',
    'Australia/Lord_Howe',
    '2026-04-04T00:00Z',
    ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
  ],
  [
    '*/15 * * * *',
    'Australia/Lord_Howe',
    '2026-04-04T14:30Z',
    ['2026-04-04T14:45Z', '2026-04-04T15:00Z', '2026-04-04T15:15Z', '2026-04-04T15:30Z'],
  ],
  // St. John's set its clocks at one minute past midnight: the evening before came back.
  [
    '0 0 * * *',
    'America/St_Johns',
    '2006-10-28T12:00Z',
    ['2006-10-29T02:30Z', '2006-10-30T03:30Z'],
  ],
  [
    '30 23 * * *',
    'America/St_Johns',
    '2006-10-28T01:00Z',
    ['2006-10-28T02:00Z', '2006-10-29T02:00Z', '2006-10-30T03:00Z'],
  ],
];

describe('the next run of a job (row 84)', () => {
  describe('by the calendar', () => check(calendar));
  describe('when clocks go forward', () => check(forward));
  describe('when clocks go back', () => check(back));

  it('is that of the backtest and of the weekly report as they are shipped (row 85)', () => {
    const after = Date.parse('2026-11-19T00:00Z');
    const backtest = cronSpec('0 2 * * *', 'Europe/Istanbul');
    const report = cronSpec('0 0 * * 0', 'Europe/Istanbul');
    expect(nextRun(backtest, after)).to.equal(Date.parse('2026-11-19T23:00Z'));
    expect(nextRun(report, after)).to.equal(Date.parse('2026-11-21T21:00Z'));
  });

  it('comes at the end of a span, and no sooner than after its start', () => {
    const spec = cronSpec('0 * * * *', 'UTC');
    const [one, two] = [Date.parse('2026-11-19T01:00Z'), Date.parse('2026-11-19T02:00Z')];
    expect(runsBetween(spec, one, two, 10)).to.deep.equal([two]);
    expect(runsBetween(spec, one - 1, two - 1, 10)).to.deep.equal([one]);
    expect(runsBetween(spec, one - 1, two, 1)).to.deep.equal([one]);
    expect(runsBetween(spec, one - 1, two, 0)).to.deep.equal([]);
    expect(runsBetween(spec, two, one, 10)).to.deep.equal([]);
  });

  it('is none for a date that never comes, or beyond the end of all planning', () => {
    const { times } = cronSpec('0 0 29 2 *', 'UTC');
    const never = { times: { ...times, monthDays: [30] }, timezone: 'UTC' };
    expect(nextRun(never, 0)).to.equal(null);
    const spec = { times, timezone: 'Europe/London' };
    for (const atMs of [Date.UTC(9999, 0), 8.64e15, Infinity, Number.NaN])
      expect(nextRun(spec, atMs), String(atMs)).to.equal(null);
  });

  it('refuses what the configuration would not have let pass', () => {
    expect(() => cronSpec('61 * * * *', 'UTC')).to.throw('before it was checked');
    expect(() => dailySpec('9:00', null, 'UTC')).to.throw('before it was checked');
    expect(() => nextRun(dailySpec('09:00', null, 'Mars/Olympus'), 0)).to.throw(RangeError);
  });
});

function check(table: Table): void {
  for (const [times, timezone, after, expected] of table) {
    const [at, days = null] = typeof times === 'string' ? [null] : times;
    const spec = at === null ? cronSpec(String(times), timezone) : dailySpec(at, days, timezone);
    it(`${times.toString()} in ${timezone} after ${after} is ${expected.join(', ')}`, () => {
      const runs = runsBetween(spec, Date.parse(after), Infinity, expected.length);
      expect(runs.map(written)).to.deep.equal(
        expected.map((instant) => written(Date.parse(instant))),
      );
    });
  }
}

function written(atMs: number): string {
  return new Date(atMs).toISOString();
}
