/** Times that nothing covers, with why. */
import type { Database } from '../../api/database.ts';
import type { Gap } from '../store.ts';
import { callOptions } from './call-options.ts';
import { uncovered } from './completeness.ts';
import { readLedger, recordOf, type StreamLedger } from './ledger-read.ts';
import type { TimeSpan } from './spans.ts';

const gapsMax = 1000;

/** Those that have ended: of a stream that is away now, all but the last one. Oldest first. */
export async function readGaps(
  database: Database,
  collector: string,
  sinceMs: number,
  signal?: AbortSignal,
): Promise<readonly Gap[]> {
  const span = { fromMs: sinceMs, toMs: endOfTimeMs };
  const ledgers = await readLedger(database, collector, span, signal);
  const gaps = gapsOf(ledgers, span, (ledger) => ledger.coveredUntilMs ?? ledger.expectedFromMs);
  return withReasons(database, gaps.slice(0, gapsMax), signal);
}

/** A gap whose reason, where no known gap says it, is that of the connection before it. */
export interface UnexplainedGap extends TimeSpan {
  readonly stream: string;
  readonly reason: string | null;
}

/** Oldest first. */
export function gapsOf(
  ledgers: readonly StreamLedger[],
  span: TimeSpan,
  openEndMs: (ledger: StreamLedger) => number,
): UnexplainedGap[] {
  const gaps = ledgers.flatMap((ledger) =>
    uncovered(recordOf(ledger, openEndMs(ledger)), span).map(({ fromMs, toMs }) => {
      const known = ledger.missing.find((one) => one.fromMs <= fromMs && one.toMs >= toMs);
      return { stream: ledger.stream, fromMs, toMs, reason: known?.reason ?? null };
    }),
  );
  return gaps.sort((one, other) => one.fromMs - other.fromMs);
}

export async function withReasons(
  database: Database,
  gaps: readonly UnexplainedGap[],
  signal?: AbortSignal,
): Promise<Gap[]> {
  const open = gaps.filter(({ reason }) => reason === null);
  const { rows } = await database.query<{ stream: string; covered_until: Date; reason: string }>(
    `SELECT i.stream, i.covered_until, i.reason FROM coverage_intervals i
     JOIN unnest($1::text[], $2::timestamptz[]) AS gap (stream, from_ts)
       ON i.stream = gap.stream AND i.covered_until = gap.from_ts
     WHERE i.reason IS NOT NULL`,
    [open.map(({ stream }) => stream), open.map(({ fromMs }) => new Date(fromMs))],
    { isIdempotent: true, ...callOptions(signal) },
  );
  const ends = new Map(
    rows.map((row) => [`${row.stream} ${row.covered_until.getTime()}`, row.reason]),
  );
  return gaps.map((gap) => ({
    ...gap,
    reason: gap.reason ?? ends.get(`${gap.stream} ${gap.fromMs}`) ?? unknownReason,
  }));
}

/** A run that was killed says nothing, and neither does the time before a first connection. */
const unknownReason = 'not connected';
const endOfTimeMs = Date.UTC(2100, 0, 1);
