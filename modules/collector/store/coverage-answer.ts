/** What `collector.coverage` answers: how complete what was collected is, and where it is not. */
import type { Database } from '../../api/database.ts';
import { completenessOf } from './completeness.ts';
import { dayMs, dayOf, dayText } from './days.ts';
import { gapsOf, withReasons } from './gaps.ts';
import { readLedger, recordOf, type StreamLedger } from './ledger-read.ts';
import type { TimeSpan } from './spans.ts';

/** Lists are cut to the newest, so that the answer fits a message. */
const listMax = 200;
const streamsMax = 500;
/** A connected stream that covers nothing for longer is late; until then the time is still open. */
const openMsMax = 360_000;

export async function answerCoverage(database: Database, { fromMs, toMs }: TimeSpan) {
  const span = { fromMs, toMs };
  const ledgers = await readLedger(database, null, span);
  const openEndMs = (ledger: StreamLedger) => openEnd(ledger, toMs);
  const gaps = gapsOf(ledgers, span, openEndMs);
  const newest = await withReasons(database, gaps.slice(-listMax));
  return {
    since: time(fromMs),
    until: time(toMs),
    days: daysOf(ledgers, span, await readCounts(database, span)),
    streams: ledgers.slice(0, streamsMax).map((ledger) => {
      const whole = completenessOf([recordOf(ledger, openEndMs(ledger))], span);
      return {
        stream: ledger.stream,
        collector: ledger.collector,
        connected: ledger.isConnected && ledger.expectedUntilMs === null,
        expected: ledger.expectedUntilMs === null,
        last_frame_at: timeOrNull(ledger.lastFrameAtMs),
        covered_until: timeOrNull(ledger.coveredUntilMs),
        completeness: whole.share,
      };
    }),
    gaps_total: gaps.length,
    gaps: newest.reverse().map((gap) => ({
      stream: gap.stream,
      from: time(gap.fromMs),
      to: time(gap.toMs),
      seconds: (gap.toMs - gap.fromMs) / 1000,
      reason: gap.reason,
    })),
    backfilled: await readBackfilled(database, span),
  };
}

interface CountRow {
  readonly collector: string;
  readonly day: string;
  readonly dropped: string;
  readonly quarantined: string;
}

/** Each day of the span that a collector was expected in or counted anything, newest first. */
function daysOf(ledgers: readonly StreamLedger[], span: TimeSpan, counts: readonly CountRow[]) {
  const collectors = new Set([
    ...ledgers.map(({ collector }) => collector),
    ...counts.map(({ collector }) => collector),
  ]);
  const days = [];
  for (let day = dayOf(span.toMs); day + dayMs > span.fromMs; day -= dayMs) {
    for (const collector of [...collectors].sort()) {
      const records = ledgers
        .filter((ledger) => ledger.collector === collector)
        .map((ledger) => recordOf(ledger, openEnd(ledger, span.toMs)));
      const { expectedMs, coveredMs, share } = completenessOf(records, {
        fromMs: Math.max(day, span.fromMs),
        toMs: Math.min(day + dayMs, span.toMs),
      });
      const count = counts.find((one) => one.collector === collector && one.day === dayText(day));
      if (share === null && count === undefined) continue;
      days.push({
        day: dayText(day),
        collector,
        completeness: share,
        expected_seconds: expectedMs / 1000,
        covered_seconds: coveredMs / 1000,
        dropped: Number(count?.dropped ?? 0),
        quarantined: Number(count?.quarantined ?? 0),
      });
    }
  }
  return days;
}

function openEnd(
  { isConnected, coveredUntilMs, expectedFromMs }: StreamLedger,
  nowMs: number,
): number {
  if (!isConnected) return nowMs;
  return Math.min(nowMs, Math.max(coveredUntilMs ?? expectedFromMs, nowMs - openMsMax));
}

async function readCounts(database: Database, { fromMs, toMs }: TimeSpan) {
  const { rows } = await database.query<CountRow>(
    `SELECT split_part(stream, '/', 1) AS collector, day::text AS day,
       sum(dropped)::text AS dropped, sum(quarantined)::text AS quarantined
     FROM coverage_counts WHERE day BETWEEN $1::date AND $2::date GROUP BY 1, 2`,
    [dayText(dayOf(fromMs)), dayText(dayOf(toMs))],
    { isIdempotent: true },
  );
  return rows;
}

async function readBackfilled(database: Database, { fromMs, toMs }: TimeSpan) {
  const { rows } = await database.query<BackfillRow>(
    `SELECT stream, from_ts, to_ts, rows::text AS rows, done_at FROM coverage_backfills
     WHERE to_ts > $1 AND from_ts < $2 ORDER BY done_at DESC, from_ts DESC LIMIT $3`,
    [new Date(fromMs), new Date(toMs), listMax],
    { isIdempotent: true },
  );
  return rows.map((row) => ({
    stream: row.stream,
    from: row.from_ts.toISOString(),
    to: row.to_ts.toISOString(),
    rows: Number(row.rows),
    done_at: row.done_at.toISOString(),
  }));
}

interface BackfillRow {
  readonly stream: string;
  readonly from_ts: Date;
  readonly to_ts: Date;
  readonly rows: string;
  readonly done_at: Date;
}

function time(atMs: number): string {
  return new Date(atMs).toISOString();
}

function timeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : time(atMs);
}
