/** The ledger of a stretch of time, as what completeness is worked out from. */
import type { Database } from '../../api/database.ts';
import type { StreamRecord } from './completeness.ts';
import { callOptions } from './call-options.ts';
import type { TimeSpan } from './spans.ts';

/** One time in which a stream was expected; a stream that went and came back has several. */
export interface StreamLedger {
  readonly stream: string;
  readonly collector: string;
  readonly isConnected: boolean;
  readonly lastFrameAtMs: number | null;
  readonly expectedFromMs: number;
  /** Null: it still is. */
  readonly expectedUntilMs: number | null;
  /** The last time in the stretch that a connection covered; null when none did. */
  readonly coveredUntilMs: number | null;
  readonly connected: readonly TimeSpan[];
  readonly missing: readonly NamedSpan[];
  readonly backfilled: readonly TimeSpan[];
}

export interface NamedSpan extends TimeSpan {
  readonly reason: string;
}

/**
 * Streams of one collector, or of all, whose expected time touches the stretch. The database joins
 * intervals that follow each other, so what is read grows with the gaps and not with the time.
 */
export async function readLedger(
  database: Database,
  collector: string | null,
  { fromMs, toMs }: TimeSpan,
  signal?: AbortSignal,
): Promise<StreamLedger[]> {
  const options = { isIdempotent: true, ...callOptions(signal) };
  const about = [new Date(fromMs), new Date(toMs), collector];
  const streams = await database.query<StreamRow>(selectStreams, about, options);
  const times = about.slice(0, 2);
  const connected = byStream((await database.query<SpanRow>(selectConnected, times, options)).rows);
  const missing = byStream((await database.query<SpanRow>(selectMissing, times, options)).rows);
  const backfilled = byStream(
    (await database.query<SpanRow>(selectBackfilled, times, options)).rows,
  );
  return streams.rows.map((row) => ({
    stream: row.stream,
    collector: row.collector,
    isConnected: row.is_connected,
    lastFrameAtMs: row.last_frame_at?.getTime() ?? null,
    expectedFromMs: row.expected_from.getTime(),
    expectedUntilMs: row.expected_until?.getTime() ?? null,
    coveredUntilMs: row.covered_until?.getTime() ?? null,
    connected: connected.get(row.stream) ?? [],
    missing: missing.get(row.stream) ?? [],
    backfilled: backfilled.get(row.stream) ?? [],
  }));
}

/** With the end of its expected time, where it has none yet. */
export function recordOf(ledger: StreamLedger, openEndMs: number): StreamRecord {
  const { expectedFromMs: fromMs, expectedUntilMs, connected, missing, backfilled } = ledger;
  const expected = { fromMs, toMs: expectedUntilMs ?? openEndMs };
  return { expected, connected, missing, backfilled };
}

interface StreamRow {
  readonly stream: string;
  readonly collector: string;
  readonly expected_from: Date;
  readonly expected_until: Date | null;
  readonly is_connected: boolean;
  readonly last_frame_at: Date | null;
  readonly covered_until: Date | null;
}

interface SpanRow {
  readonly stream: string;
  readonly from_ts: Date;
  readonly to_ts: Date;
  readonly reason?: string;
}

function byStream(rows: readonly SpanRow[]): Map<string, NamedSpan[]> {
  const spans = new Map<string, NamedSpan[]>();
  for (const { stream, from_ts, to_ts, reason } of rows) {
    const span = { fromMs: from_ts.getTime(), toMs: to_ts.getTime(), reason: reason ?? '' };
    const same = spans.get(stream);
    if (same === undefined) spans.set(stream, [span]);
    else same.push(span);
  }
  return spans;
}

const selectStreams = `
SELECT stream, collector, expected_from, expected_until, is_connected, last_frame_at,
  (SELECT max(covered_until) FROM coverage_intervals i
   WHERE i.stream = s.stream AND i.covered_until >= $1 AND i.connected_at < $2) AS covered_until
FROM coverage_streams s
WHERE expected_from < $2 AND (expected_until IS NULL OR expected_until > $1)
  AND ($3::text IS NULL OR collector = $3)
ORDER BY collector, length(stream), stream, expected_from`;

const selectConnected = `
SELECT stream, lower(span) AS from_ts, upper(span) AS to_ts FROM (
  SELECT stream, unnest(range_agg(tstzrange(connected_at, covered_until))) AS span
  FROM coverage_intervals
  WHERE covered_until >= $1 AND connected_at < $2 AND connected_at < covered_until
  GROUP BY stream
) AS merged`;

const selectMissing = `
SELECT stream, from_ts, to_ts, reason FROM coverage_gaps WHERE to_ts > $1 AND from_ts < $2`;

const selectBackfilled = `
SELECT stream, lower(span) AS from_ts, upper(span) AS to_ts FROM (
  SELECT stream, unnest(range_agg(tstzrange(from_ts, to_ts))) AS span
  FROM coverage_backfills WHERE to_ts > $1 AND from_ts < $2
  GROUP BY stream
) AS merged`;
