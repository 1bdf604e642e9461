/** Notes into the ledger's tables, in one transaction that can be done twice. */
import type { Database, Transaction } from '../../api/database.ts';
import { callOptions } from './call-options.ts';
import { cleanJson } from './clean-text.ts';
import { dayText } from './days.ts';
import type { Expectation, NotesTaken } from './notes.ts';

/** Rows that the quarantine keeps, the newest. */
const quarantineRowsMax = 10_000;

export async function writeNotes(
  database: Database,
  run: string,
  notes: NotesTaken,
  signal?: AbortSignal,
): Promise<void> {
  await database.transaction(async (transaction) => {
    for (const expectation of notes.expectations) await expect(transaction, expectation);
    await insert(
      transaction,
      intervals,
      notes.intervals.map((interval) => ({
        stream: interval.stream,
        connected_at: time(interval.connectedAtMs),
        covered_until: time(interval.coveredUntilMs),
        reason: interval.reason,
      })),
    );
    await insert(
      transaction,
      gaps,
      notes.missing.map(({ stream, fromMs, toMs, reason }) => ({
        stream,
        from_ts: time(fromMs),
        to_ts: time(toMs),
        reason,
      })),
    );
    await insert(
      transaction,
      backfills,
      notes.backfills.map(({ stream, fromMs, toMs, rows }) => ({
        stream,
        from_ts: time(fromMs),
        to_ts: time(toMs),
        rows,
      })),
    );
    await insert(
      transaction,
      counts,
      notes.counts.map((count) => ({
        run,
        ...count,
        day: dayText(count.day),
      })),
    );
    await insert(
      transaction,
      states,
      notes.streams.map((state) => ({
        stream: state.stream,
        connected_at: state.connectedAtMs === null ? null : time(state.connectedAtMs),
        last_frame_at: state.lastFrameAtMs === null ? null : time(state.lastFrameAtMs),
      })),
    );
    if (notes.quarantined.length === 0) return;
    await insert(
      transaction,
      quarantine,
      notes.quarantined.map((row) => ({
        note: `${run}/${row.number}`,
        seen_at: time(row.atMs),
        collector: row.collector,
        reason: row.reason,
        raw: row.raw,
      })),
    );
    await transaction.query(
      `DELETE FROM quarantine WHERE id <= (
         SELECT id FROM quarantine ORDER BY id DESC OFFSET $1 LIMIT 1)`,
      [quarantineRowsMax],
    );
  }, callOptions(signal));
}

async function expect(
  transaction: Transaction,
  { collector, streams, connected, atMs }: Expectation,
): Promise<void> {
  const values = [collector, streams, time(atMs)];
  await transaction.query(
    `UPDATE coverage_streams SET is_connected = stream = ANY ($4),
       expected_until = CASE WHEN stream = ANY ($2) THEN NULL ELSE greatest($3, expected_from) END
     WHERE collector = $1 AND expected_until IS NULL`,
    [...values, connected],
  );
  await transaction.query(
    `INSERT INTO coverage_streams (stream, collector, expected_from)
     SELECT stream, $1, $3 FROM unnest($2::text[]) AS given (stream) WHERE NOT EXISTS (
       SELECT FROM coverage_streams s WHERE s.stream = given.stream AND s.expected_until IS NULL)
     ON CONFLICT DO NOTHING`,
    values,
  );
}

async function insert(
  transaction: Transaction,
  statement: string,
  records: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  if (records.length > 0) await transaction.query(statement, [cleanJson(records)]);
}

function time(atMs: number): string {
  return new Date(atMs).toISOString();
}

const intervals = `
INSERT INTO coverage_intervals AS known (stream, connected_at, covered_until, reason)
SELECT * FROM jsonb_to_recordset($1::jsonb)
  AS given (stream text, connected_at timestamptz, covered_until timestamptz, reason text)
ON CONFLICT (stream, connected_at) DO UPDATE SET
  covered_until = greatest(known.covered_until, excluded.covered_until),
  reason = coalesce(excluded.reason, known.reason)`;

const gaps = `
INSERT INTO coverage_gaps (stream, from_ts, to_ts, reason)
SELECT * FROM jsonb_to_recordset($1::jsonb)
  AS given (stream text, from_ts timestamptz, to_ts timestamptz, reason text)
ON CONFLICT DO NOTHING`;

/** The same time again: the one that brought more says more. */
const backfills = `
INSERT INTO coverage_backfills AS known (stream, from_ts, to_ts, rows)
SELECT stream, from_ts, to_ts, max(rows) FROM jsonb_to_recordset($1::jsonb)
  AS given (stream text, from_ts timestamptz, to_ts timestamptz, rows bigint)
GROUP BY stream, from_ts, to_ts
ON CONFLICT (stream, from_ts, to_ts) DO UPDATE SET
  rows = greatest(known.rows, excluded.rows), done_at = now()`;

const counts = `
INSERT INTO coverage_counts (run, stream, day, dropped, quarantined)
SELECT * FROM jsonb_to_recordset($1::jsonb)
  AS given (run text, stream text, day date, dropped bigint, quarantined bigint)
ON CONFLICT (day, stream, run) DO UPDATE SET
  dropped = excluded.dropped, quarantined = excluded.quarantined`;

/** One that connects without having been named is expected from then on. */
const states = `
WITH given AS (
  SELECT * FROM jsonb_to_recordset($1::jsonb)
    AS given (stream text, connected_at timestamptz, last_frame_at timestamptz)
), unnamed AS (
  INSERT INTO coverage_streams (stream, collector, expected_from, is_connected, last_frame_at)
  SELECT stream, split_part(stream, '/', 1), connected_at, true, last_frame_at FROM given
  WHERE connected_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM coverage_streams s WHERE s.stream = given.stream AND s.expected_until IS NULL)
  ON CONFLICT DO NOTHING
)
UPDATE coverage_streams AS known SET
  is_connected = given.connected_at IS NOT NULL,
  last_frame_at = greatest(known.last_frame_at, given.last_frame_at)
FROM given WHERE known.stream = given.stream AND known.expected_until IS NULL`;

const quarantine = `
INSERT INTO quarantine (note, seen_at, collector, reason, raw)
SELECT * FROM jsonb_to_recordset($1::jsonb)
  AS given (note text, seen_at timestamptz, collector text, reason text, raw text)
ON CONFLICT (note) DO NOTHING`;
