/** What is kept of an order book: pure. */
import { Big } from 'big.js';
import type { OrderbookSnapshot } from '../rows.ts';
import type { VenueBook } from '../venue/book.ts';

/** The widest that a book of the venue's usual ticks can be. */
const widestBid = 0.01;
const widestAsk = 0.99;

/**
 * Spread and midpoint are null where a side is empty. A book that has nothing between 0.01 and 0.99 is
 * flagged unless it has just been traded there: the venue is known to answer so for tokens whose price
 * is elsewhere, and its midpoint of 0.5 means nothing.
 */
export function snapshotOf(book: VenueBook, atMs: number): OrderbookSnapshot {
  const { tokenId, bids, asks, lastTradePrice } = book;
  const bid = bids[0]?.[0];
  const ask = asks[0]?.[0];
  const row = { atMs, tokenId, bids, asks };
  if (bid === undefined || ask === undefined)
    return { ...row, spread: null, midpoint: null, isGhost: false };
  const last = Number(lastTradePrice ?? 0.5);
  return {
    ...row,
    spread: new Big(ask).minus(bid).toFixed(),
    midpoint: new Big(ask).plus(bid).div(2).toFixed(),
    isGhost:
      Number(bid) <= widestBid && Number(ask) >= widestAsk && last > widestBid && last < widestAsk,
  };
}
