/** What is asked about stored trades when a back-fill compares. */
import type { Database } from '../../api/database.ts';
import type { Trade } from '../rows.ts';
import type { Span } from '../store.ts';
import { callOptions } from './call-options.ts';

/** Those of the ids that are stored with a time within the span. */
export async function knownTradeIds(
  database: Database,
  ids: readonly string[],
  span: Span,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const { rows } = await database.query<{ trade_id: string }>(
    'SELECT trade_id FROM trades WHERE trade_id = ANY ($1) AND ts BETWEEN $2 AND $3',
    [ids, new Date(span.fromMs), new Date(span.toMs)],
    { isIdempotent: true, ...callOptions(signal) },
  );
  return new Set(rows.map((row) => row.trade_id));
}

export async function tradesWithoutHash(
  database: Database,
  tokenIds: readonly string[],
  span: Span,
  signal?: AbortSignal,
): Promise<readonly Trade[]> {
  const { rows } = await database.query<TradeRow>(
    `SELECT trade_id, ts, token_id, side, price, size, source FROM trades
     WHERE token_id = ANY ($1) AND ts BETWEEN $2 AND $3 AND transaction_hash IS NULL
     ORDER BY ts, trade_id`,
    [tokenIds, new Date(span.fromMs), new Date(span.toMs)],
    { isIdempotent: true, ...callOptions(signal) },
  );
  return rows.map((row) => ({
    id: row.trade_id,
    atMs: row.ts.getTime(),
    tokenId: row.token_id,
    side: row.side,
    price: row.price,
    size: row.size,
    transactionHash: null,
    source: row.source,
  }));
}

interface TradeRow {
  readonly trade_id: string;
  readonly ts: Date;
  readonly token_id: string;
  readonly side: Trade['side'];
  readonly price: string;
  readonly size: string;
  readonly source: Trade['source'];
}
