import { expect } from 'chai';
import { describe, it } from 'mocha';
import { reportOn, tallyOf } from '../../../daemon/resources/report.ts';
import { spanSince } from '../../../daemon/resources/report-span.ts';
import { reportText } from '../../../daemon/resources/report-text.ts';
import { upTimeIn } from '../../../daemon/resources/up-time.ts';
import type { UsageHour } from '../../../daemon/resources/usage-history.ts';
import { RpcError } from '../../../rpc/errors.ts';
import type { StoredEntry } from '../../../rpc/journal-files.ts';
import { moduleStatus } from '../../cli/statuses.ts';

const minuteMs = 60_000;
const beginMs = Date.UTC(2026, 10, 22, 8);

/** @param minute of the morning */
function entry(minute: number, kind: string, data: StoredEntry['data']): StoredEntry {
  const time = new Date(beginMs + minute * minuteMs).toISOString();
  return { time, module: 'bot', kind, text: `${kind} at ${minute}`, data };
}

const launch = (minute: number, by = 'autostart'): StoredEntry =>
  entry(minute, 'state', { event: 'launch', state: 'starting', cause: { by } });
const ready = (minute: number): StoredEntry =>
  entry(minute, 'state', { event: 'ready', state: 'running' });
const exit = (minute: number, uptimeMinutes: number): StoredEntry =>
  entry(minute, 'exit', { uptime: uptimeMinutes * 60 });
const backOff = (minute: number): StoredEntry =>
  entry(minute, 'restart', { event: 'back_off', state: 'restarting' });
const adopted = (minute: number): StoredEntry =>
  entry(minute, 'adopted', { event: 'adopt', state: 'running' });
const machine = (minute: number): StoredEntry => entry(minute, 'machine', {});

function span(fromMinute: number, toMinute: number): { sinceMs: number; untilMs: number } {
  return { sinceMs: beginMs + fromMinute * minuteMs, untilMs: beginMs + toMinute * minuteMs };
}

describe('how long a module was up, out of its journal', () => {
  const cases: readonly {
    readonly what: string;
    readonly entries: readonly StoredEntry[];
    readonly span: { sinceMs: number; untilMs: number };
    readonly lastSeen?: number;
    readonly up: number;
    readonly observed: number;
  }[] = [
    {
      what: 'counts from ready to exit, and what was before the first entry not at all',
      entries: [launch(10), ready(20), exit(50, 40), backOff(50)],
      ...{ span: span(0, 60), up: 30, observed: 50 },
    },
    {
      what: 'goes on with what began before the span',
      entries: [launch(0), ready(10)],
      ...{ span: span(30, 60), up: 30, observed: 30 },
    },
    {
      what: 'ends with the span',
      entries: [launch(0), ready(10), exit(50, 50), backOff(50)],
      ...{ span: span(20, 30), up: 10, observed: 10 },
    },
    {
      what: 'is not interrupted by a new daemon',
      entries: [launch(0), ready(10), adopted(30)],
      ...{ span: span(0, 60), up: 50, observed: 60 },
    },
    {
      what: 'ends when it ended, also when no daemon was there to see it',
      entries: [launch(0), ready(10), adopted(50), exit(50, 25), backOff(50)],
      ...{ span: span(0, 60), up: 15, observed: 60 },
    },
    {
      what: 'is not known from when it was last seen until the machine was up again',
      entries: [launch(0), ready(10), machine(50), launch(52), ready(54)],
      ...{ span: span(0, 60), lastSeen: 25, up: 15 + 6, observed: 25 + 8 },
    },
    {
      what: 'is not known before a machine that went down when nobody had seen it',
      entries: [launch(0), ready(10), machine(50), launch(50), ready(54)],
      ...{ span: span(0, 60), up: 6, observed: 10 + 10 },
    },
    {
      what: 'is nothing without a journal',
      entries: [],
      ...{ span: span(0, 60), up: 0, observed: 0 },
    },
    {
      what: 'passes over an entry without a time',
      entries: [launch(0), { ...ready(10), time: 'yesterday' }, ready(20)],
      ...{ span: span(0, 60), up: 40, observed: 60 },
    },
  ];

  for (const { what, entries, span: asked, lastSeen, up, observed } of cases) {
    it(what, () => {
      const lastSeenMs = (): number | null =>
        lastSeen === undefined ? null : beginMs + lastSeen * minuteMs;
      expect(upTimeIn(asked, entries, lastSeenMs)).to.deep.equal({
        upMs: up * minuteMs,
        observedMs: observed * minuteMs,
      });
    });
  }
});

describe('the report', () => {
  const week = span(0, 100);
  const cpu = { count: 2, average: 12.34, max: 20 };
  const hours: UsageHour[] = [
    {
      fromMs: week.sinceMs,
      untilMs: week.sinceMs + 30 * minuteMs,
      daemon: { cpu, memory: null },
      modules: { bot: { cpu, memory: { count: 1, average: 50 * 1024 ** 2, max: 50 * 1024 ** 2 } } },
    },
    {
      fromMs: week.sinceMs + 60 * minuteMs,
      untilMs: week.untilMs,
      daemon: { cpu: null, memory: null },
      modules: { bot: { cpu: { count: 1, average: 40, max: 80 }, memory: null } },
    },
  ];
  const alert = (minute: number, severity: string): StoredEntry =>
    entry(minute, 'alert', { severity, type: 'memory_limit' });
  const journal = [
    ...[launch(-10), alert(-5, 'critical'), ready(0), exit(40, 50), alert(40, 'warning')],
    ...[backOff(40), launch(50, 'restart_policy'), ready(50), exit(90, 40)],
    entry(90, 'state', { event: 'give_up', state: 'failed' }),
    alert(90, 'critical'),
  ];
  const balance = {
    ...{ mode: 'replay', currency: 'USD', cash: '1', equity: '10.5', starting_cash: '10' },
    ...{ fees_paid: '0.25', realized_pnl: '0.5', unrealized_pnl: '0' },
    ...{ as_of: null, replay_finished: false },
  };
  const made = reportOn({
    span: week,
    daemonUptime: 7200,
    statuses: [
      moduleStatus({ module: 'bot', state: 'failed', wanted: 'up' }),
      moduleStatus({ module: 'off', state: 'stopped', wanted: 'down' }),
    ],
    tallies: new Map([['bot', tallyOf('bot', week, journal, hours)]]),
    hours,
    balances: new Map([['bot', balance]]),
  });

  it('tells uptime, restarts, alerts, resources and the trading result of a module', () => {
    expect(made.modules['bot']).to.deep.equal({
      state: 'failed',
      wanted: 'up',
      up_seconds: 80 * 60,
      observed_seconds: 100 * 60,
      up_percent: 80,
      restarts: 1,
      failures: 1,
      alert_count: 2,
      alerts: [
        { time: journal[4]!.time, severity: 'warning', text: 'alert at 40' },
        { time: journal.at(-1)!.time, severity: 'critical', text: 'alert at 90' },
      ],
      cpu_percent: { average: 21.6, max: 80 },
      memory_bytes: { average: 50 * 1024 ** 2, max: 50 * 1024 ** 2 },
      trading: balance,
    });
  });

  it('does not know what was not measured', () => {
    expect(made.modules['off']).to.include({
      ...{ up_percent: null, observed_seconds: 0, restarts: 0 },
      ...{ cpu_percent: null, memory_bytes: null, trading: null },
    });
    expect(made.daemon).to.deep.include({ uptime: 7200, memory_bytes: null, alert_count: 0 });
  });

  it('is a text for people', () => {
    expect(reportText(made)).to
      .equal(`SuperBot from 2026-11-22 08:00 to 2026-11-22 09:40 UTC (1.7 h)

daemon: up 2 h, alerts 0, cpu 12.3 % (at most 20 %)

bot: failed, wanted up, up 80 % of 1.7 h
  restarts 1, failures 1, alerts 2, cpu 21.6 % (at most 80 %), memory 50 MB (at most 50 MB)
  equity 10.5 USD of 10 at the start (replay): realized 0.5, unrealized 0, fees 0.25
  2026-11-22T08:40:00.000Z  alert at 40
  2026-11-22T09:30:00.000Z  alert at 90

off: stopped
  restarts 0, failures 0, alerts 0
`);
  });

  it('has the newest ten of many alerts, and says how many there were', () => {
    const many = Array.from({ length: 25 }, (_, minute) => alert(minute, 'info'));
    const tally = tallyOf('bot', week, many, []);
    expect(tally.alert_count).to.equal(25);
    expect(tally.alerts.map(({ text }) => text).at(0)).to.equal('alert at 15');
    const bot = { ...made.modules['bot']!, ...tally };
    expect(reportText({ ...made, modules: { bot } })).to.include('\n  the last 10 alerts:\n  2026');
  });
});

describe('since when the report tells', () => {
  it('is a time, or as long ago as is said', () => {
    const nowMs = Date.UTC(2026, 0, 8);
    expect(spanSince('7d', nowMs)).to.deep.equal({ sinceMs: Date.UTC(2026, 0, 1), untilMs: nowMs });
    const time = '2026-01-07T12:00:00.000Z';
    expect(spanSince(time, nowMs).sinceMs).to.equal(Date.parse(time));
  });

  for (const since of ['0s', '2026-01-09T00:00:00Z', '999999999d']) {
    it(`is refused when it is ${since}`, () => {
      expect(() => spanSince(since, Date.UTC(2026, 0, 8)))
        .to.throw(RpcError)
        .with.property('code', -32602);
    });
  }
});
