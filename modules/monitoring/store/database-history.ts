/** The history in stretches as the database sums it up. */
import type { HistorySpan } from '../store.ts';
import type { DatabasePlace } from './database-place.ts';
import type { HistoryRow } from './history-row.ts';
import { sampleColumns } from './sample-columns.ts';
import { historyRow, meanNames, means, stressNames } from './stretches.ts';

/** `$1` the host, `$2` from, `$3` until, both in milliseconds, `$4` the step, `$5` how many. */
const select = `
SELECT
  floor((extract(epoch FROM at) * 1000 - $2::float8::numeric) / $4::float8::numeric)::float8 AS index,
  count(*)::float8 AS samples,
  max(ARRAY[${stressNames.map((name) => `stress_${name}`).join(', ')}]) AS peak,
  max(interval_ms) AS interval_ms_max,
  bool_or(throttled) AS is_throttled,
  ${meanNames.map((name) => `avg(${sampleColumns[means[name]]}) AS ${name}`).join(',\n  ')}
FROM samples
WHERE host = $1
  AND at >= to_timestamp($2::float8 / 1000) AND at < to_timestamp($3::float8 / 1000)
GROUP BY 1 ORDER BY 1 LIMIT $5`;

export async function readHistory(
  { database, host, reachMs }: DatabasePlace,
  { fromMs, untilMs, stepMs, limit }: HistorySpan,
): Promise<readonly HistoryRow[]> {
  const { rows } = await database.query<Readonly<Record<string, unknown>>>(
    select,
    [host, fromMs, untilMs, stepMs, limit],
    { reachMs, isIdempotent: true },
  );
  return rows.map((row) =>
    historyRow({
      atMs: fromMs + (row['index'] as number) * stepMs,
      samples: row['samples'] as number,
      peak: row['peak'] as readonly number[],
      intervalMsMax: row['interval_ms_max'] as number,
      isThrottled: row['is_throttled'] as boolean | null,
      mean: (name) => row[name] as number | null,
    }),
  );
}
