/** A trade as the Data API describes it: of version 2, and of version 1 under its other names. */
import { amountOf, priceOf } from './decimal.ts';
import { conditionIdOf, tokenIdOf } from './identifier.ts';
import { instantOf } from './instant.ts';
import { fieldsOf, garbage, type Parsed, shown } from './parsed.ts';
import { textOf } from './text.ts';

export interface VenueTrade {
  /** The second of its block: one to three seconds after the moment that the stream tells. */
  readonly at: Date;
  readonly tokenId: string;
  readonly conditionId: string | null;
  readonly side: 'BUY' | 'SELL';
  readonly price: string;
  readonly size: string;
  /** One transaction may carry several trades. */
  readonly transactionHash: string | null;
}

export function parseTrade(raw: unknown): Parsed<VenueTrade> {
  const fields = fieldsOf(raw);
  if (fields === null) return garbage(`a trade is no object: ${shown(raw)}`);
  const tokenId = tokenIdOf(fields['token_id'] ?? fields['asset'] ?? fields['asset_id']);
  if (tokenId === null) return garbage('the trade names no token');
  const at = instantOf(fields['timestamp']);
  if (at === null) return garbage(`the timestamp is no time: ${shown(fields['timestamp'])}`);
  const price = priceOf(fields['price']);
  if (price === null) return garbage(`the price is none: ${shown(fields['price'])}`);
  const size = amountOf(fields['size']);
  if (size === null) return garbage(`the size is none: ${shown(fields['size'])}`);
  const side = sideOf(fields['side']);
  if (side === null) return garbage(`the side is neither BUY nor SELL: ${shown(fields['side'])}`);
  const conditionId = conditionIdOf(fields['condition_id'] ?? fields['conditionId']);
  const transactionHash = textOf(fields['transaction_hash'] ?? fields['transactionHash']);
  return { kind: 'row', row: { at, tokenId, conditionId, side, price, size, transactionHash } };
}

/** It comes in lower case as well. */
export function sideOf(value: unknown): 'BUY' | 'SELL' | null {
  const side = typeof value === 'string' ? value.toUpperCase() : null;
  return side === 'BUY' || side === 'SELL' ? side : null;
}
