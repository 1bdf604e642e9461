/** Order book snapshots. */
import type { Level, OrderbookSnapshot } from '../rows.ts';
import { whyNoOrderbook } from './acceptance.ts';
import type { SnapshotParts } from './prices.ts';
import { chunksOf, sortOut } from './sorting.ts';

/** A book may have thousands of levels. */
const chunkRows = 100;

/** Gives how many were new. */
export async function addOrderbooks(
  parts: SnapshotParts,
  rows: readonly OrderbookSnapshot[],
  signal?: AbortSignal,
): Promise<number> {
  const about = {
    table: 'orderbook_snapshots',
    collector: 'orderbooks',
    why: whyNoOrderbook,
  } as const;
  const accepted = await sortOut(parts, about, rows, signal);
  let added = 0;
  for (const chunk of chunksOf(accepted, chunkRows)) {
    const values = [
      chunk.map(({ atMs }) => new Date(atMs)),
      chunk.map(({ tokenId }) => tokenId),
      chunk.map(({ bids }) => storedLevels(bids)),
      chunk.map(({ asks }) => storedLevels(asks)),
      chunk.map(({ spread }) => spread),
      chunk.map(({ midpoint }) => midpoint),
      chunk.map(({ isGhost }) => isGhost),
    ];
    const options = { name: 'add-orderbooks', isIdempotent: true, ...(signal && { signal }) };
    added += (await parts.database.query(insertOrderbooks, values, options)).count;
  }
  return added;
}

function storedLevels(levels: readonly Level[]): string {
  return JSON.stringify({ levels });
}

const insertOrderbooks = `
INSERT INTO orderbook_snapshots (ts, token_id, bids, asks, spread, midpoint, is_ghost)
SELECT * FROM unnest(
  $1::timestamptz[], $2::text[], $3::jsonb[], $4::jsonb[], $5::numeric[], $6::numeric[], $7::boolean[])
ON CONFLICT (ts, token_id) DO NOTHING`;
