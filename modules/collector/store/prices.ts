/** Price snapshots, and the candles of their hours in the same statement. */
import type { Database } from '../../api/database.ts';
import type { PriceSnapshot, Quarantined } from '../rows.ts';
import { whyNoPrice } from './acceptance.ts';
import type { Partitions } from './partitions.ts';
import { chunksOf, sortOut } from './sorting.ts';

export interface SnapshotParts {
  readonly database: Database;
  readonly partitions: Partitions;
  readonly quarantine: (rows: readonly Quarantined[]) => void;
  readonly now: () => number;
}

const chunkRows = 2000;

/** Gives how many were new. */
export async function addPrices(
  parts: SnapshotParts,
  rows: readonly PriceSnapshot[],
  signal?: AbortSignal,
): Promise<number> {
  const about = { table: 'price_snapshots', collector: 'prices', why: whyNoPrice } as const;
  const accepted = await sortOut(parts, about, rows, signal);
  let added = 0;
  for (const chunk of chunksOf(accepted, chunkRows)) {
    const values = [
      chunk.map(({ atMs }) => new Date(atMs)),
      chunk.map(({ tokenId }) => tokenId),
      chunk.map(({ price }) => price),
      chunk.map(({ volume24h }) => volume24h),
    ];
    const options = { name: 'add-prices', isIdempotent: true, ...(signal && { signal }) };
    added += (await parts.database.query(insertPrices, values, options)).count;
  }
  return added;
}

/** A snapshot that comes late still finds its place in its hour: as the first, the last or between. */
const insertPrices = `
WITH added AS (
  INSERT INTO price_snapshots (ts, token_id, price, volume_24h)
  SELECT * FROM unnest($1::timestamptz[], $2::text[], $3::numeric[], $4::numeric[])
  ON CONFLICT (ts, token_id) DO NOTHING
  RETURNING ts, token_id, price, volume_24h
), candles AS (
  INSERT INTO price_candles_1h AS candle
    (token_id, bucket, open, high, low, close, open_ts, close_ts, samples, volume_sum)
  SELECT token_id, date_trunc('hour', ts, 'UTC'),
    (array_agg(price ORDER BY ts))[1], max(price), min(price), (array_agg(price ORDER BY ts DESC))[1],
    min(ts), max(ts), count(*), sum(volume_24h)
  FROM added GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (token_id, bucket) DO UPDATE SET
    open = CASE WHEN excluded.open_ts < candle.open_ts THEN excluded.open ELSE candle.open END,
    high = greatest(candle.high, excluded.high),
    low = least(candle.low, excluded.low),
    close = CASE WHEN excluded.close_ts > candle.close_ts THEN excluded.close ELSE candle.close END,
    open_ts = least(candle.open_ts, excluded.open_ts),
    close_ts = greatest(candle.close_ts, excluded.close_ts),
    samples = candle.samples + excluded.samples,
    volume_sum = candle.volume_sum + excluded.volume_sum
)
SELECT FROM added`;
