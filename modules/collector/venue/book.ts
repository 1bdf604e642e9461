/** An order book as the CLOB describes it. */
import { amountOf, priceOf } from './decimal.ts';
import { tokenIdOf } from './identifier.ts';
import { listOf } from './list.ts';
import { fieldsOf, garbage, type Parsed, shown } from './parsed.ts';

export type Level = readonly [price: string, size: string];

export interface VenueBook {
  readonly tokenId: string;
  /** Best first, each price once: the highest bid, the lowest ask. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  readonly lastTradePrice: string | null;
}

/**
 * The order in which levels come is not relied on: documents and recordings contradict each other.
 * One level that cannot be read makes the whole book garbage, since its best price might be that one.
 */
export function parseBook(raw: unknown): Parsed<VenueBook> {
  const fields = fieldsOf(raw);
  if (fields === null) return garbage(`a book is no object: ${shown(raw)}`);
  const tokenId = tokenIdOf(fields['asset_id'] ?? fields['token_id']);
  if (tokenId === null) return garbage(`the asset id is none: ${shown(fields['asset_id'])}`);
  const bids = levelsOf(fields['bids']);
  const asks = levelsOf(fields['asks']);
  if (bids === null || asks === null)
    return garbage(`${bids === null ? 'bids' : 'asks'} is no list of prices and sizes`);
  return {
    kind: 'row',
    row: {
      tokenId,
      bids: bids.sort(([a], [b]) => Number(b) - Number(a)),
      asks: asks.sort(([a], [b]) => Number(a) - Number(b)),
      lastTradePrice: priceOf(fields['last_trade_price']),
    },
  };
}

/** A size of 0 is no level: so the stream says that one is gone. */
function levelsOf(value: unknown): Level[] | null {
  const levels = new Map<string, Level>();
  for (const item of listOf(value) ?? [null]) {
    const fields = Array.isArray(item)
      ? { price: item[0] as unknown, size: item[1] as unknown }
      : fieldsOf(item);
    const price = priceOf(fields?.['price']);
    const size = amountOf(fields?.['size']);
    if (price === null || size === null) return null;
    if (size !== '0') levels.set(price, [price, size]);
  }
  return [...levels.values()];
}
