/**
 * What `collector.query` answers: rows of a stretch of time in the order of time, a page at a time.
 *
 * A page goes on right after the last row of the one before, by that row's own key: whatever was
 * stored when the first page was asked for is in exactly one of them, also while more is stored.
 */
import type { Database } from '../../api/database.ts';
import { decodePlace, encodePlace, instantText, type Place } from './place.ts';

export interface PageRequest {
  readonly kind: RowKind;
  readonly fromMs: number;
  /** Not in it. */
  readonly toMs: number;
  readonly tokenId: string | null;
  /** `next` of the page before; null for the first. */
  readonly after: string | null;
  /** Rows; the page may have fewer and not be the last. */
  readonly limit: number;
}

export type RowKind = 'trades' | 'prices' | 'books';

export interface Page {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Null when there is no more. */
  readonly next: string | null;
}

/** A message holds 1 MB by default, and the page has company in it. */
const pageBytesMax = 384 * 1024;

/** Null when `after` is none that a page has given. */
export async function readPage(database: Database, request: PageRequest): Promise<Page | null> {
  const { key, columns, table, rowsMax } = kinds[request.kind];
  const after = request.after === null ? null : decodePlace(request.after);
  if (request.after !== null && after === null) return null;
  const limit = Math.min(request.limit, rowsMax);
  const { rows } = await database.query<StoredRow>(
    `SELECT (extract(epoch FROM ts) * 1000000)::bigint::text AS at_us, ${key} AS key, ${columns}
     FROM ${table}
     WHERE ts >= $1 AND ts < $2
       AND ($3::text IS NULL OR token_id = $3)
       AND ($4::bigint IS NULL
         OR (ts, ${key}) > (timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $5::text))
       AND ts >= coalesce(timestamptz 'epoch' + $4::bigint * interval '1 microsecond', $1)
     ORDER BY ts, ${key} LIMIT $6`,
    [
      new Date(request.fromMs),
      new Date(request.toMs),
      request.tokenId,
      after?.atUs ?? null,
      after?.key ?? null,
      limit,
    ],
    { isIdempotent: true, timeoutMs: 20_000 },
  );
  return pageOf(rows, limit);
}

interface StoredRow extends Readonly<Record<string, unknown>> {
  readonly at_us: string;
  readonly key: string;
}

/** Cut where the message would become too long, after one row at least. */
function pageOf(stored: readonly StoredRow[], limit: number): Page {
  const rows: Readonly<Record<string, unknown>>[] = [];
  let bytes = 0;
  let last: Place | null = null;
  for (const { at_us: atUs, key, ...columns } of stored) {
    const row = { ts: instantText(BigInt(atUs)), ...columns };
    bytes += Buffer.byteLength(JSON.stringify(row)) + 1;
    if (last !== null && bytes > pageBytesMax) return { rows, next: encodePlace(last) };
    rows.push(row);
    last = { atUs, key };
  }
  return { rows, next: last !== null && stored.length === limit ? encodePlace(last) : null };
}

interface Kind {
  readonly table: string;
  /** Orders rows of one time. */
  readonly key: string;
  readonly columns: string;
  /** Of one page: what is read and does not fit is read again. */
  readonly rowsMax: number;
}

const kinds: Readonly<Record<RowKind, Kind>> = {
  trades: {
    table: 'trades',
    key: 'trade_id',
    columns: 'token_id, side, price, size, trade_id, transaction_hash, source',
    rowsMax: 1000,
  },
  prices: {
    table: 'price_snapshots',
    key: 'token_id',
    columns: 'token_id, price, volume_24h',
    rowsMax: 1000,
  },
  books: {
    table: 'orderbook_snapshots',
    key: 'token_id',
    columns: `token_id, bids->'levels' AS bids, asks->'levels' AS asks, spread, midpoint, is_ghost`,
    rowsMax: 32,
  },
};
