/**
 * Whether a table can hold a row, so that one bad row does not cost the batch it is in. Pure: null, or
 * why not.
 */
import type { Level, OrderbookSnapshot, PriceSnapshot, Trade } from '../rows.ts';

/** The venue began later; a time before is one in the wrong unit, or none. */
const earliestMs = Date.UTC(2020, 0, 1);
const latestMs = Date.UTC(2100, 0, 1);
const idLengthMax = 128;
const decimalLengthMax = 80;
const levelsMax = 20_000;

export function whyNoTrade(trade: Trade): string | null {
  return (
    whyNoId('id', trade.id) ??
    whyNoTime(trade.atMs) ??
    whyNoId('token', trade.tokenId) ??
    whyNoWord('side', trade.side, ['BUY', 'SELL']) ??
    whyNoWord('source', trade.source, ['stream', 'backfill']) ??
    whyNoDecimal('price', trade.price) ??
    whyNoDecimal('size', trade.size) ??
    (trade.transactionHash === null ? null : whyNoId('transaction hash', trade.transactionHash))
  );
}

export function whyNoPrice(row: PriceSnapshot): string | null {
  return (
    whyNoTime(row.atMs) ??
    whyNoId('token', row.tokenId) ??
    whyNoDecimal('price', row.price) ??
    whyNoDecimal('volume', row.volume24h)
  );
}

export function whyNoOrderbook(row: OrderbookSnapshot): string | null {
  return (
    whyNoTime(row.atMs) ??
    whyNoId('token', row.tokenId) ??
    whyNoLevels('bids', row.bids) ??
    whyNoLevels('asks', row.asks) ??
    (row.spread === null ? null : whyNoDecimal('spread', row.spread)) ??
    (row.midpoint === null ? null : whyNoDecimal('midpoint', row.midpoint))
  );
}

function whyNoTime(atMs: number): string | null {
  if (Number.isSafeInteger(atMs) && atMs >= earliestMs && atMs < latestMs) return null;
  return `the time ${atMs} is no time in milliseconds between 2020 and 2100`;
}

/** PostgreSQL takes no zero bytes in text; an id has nothing else to hide in either. */
function whyNoId(what: string, text: string): string | null {
  if (/^[\x21-\x7e]+$/.test(text) && text.length <= idLengthMax) return null;
  return `the ${what} ${JSON.stringify(text.slice(0, 40))} is no id of up to ${idLengthMax} characters`;
}

function whyNoWord(what: string, word: string, words: readonly string[]): string | null {
  return words.includes(word) ? null : `the ${what} is none of ${words.join(', ')}`;
}

function whyNoDecimal(what: string, text: string): string | null {
  if (text.length <= decimalLengthMax && /^-?\d+(\.\d+)?$/.test(text)) return null;
  return `the ${what} ${JSON.stringify(text.slice(0, 40))} is no decimal`;
}

function whyNoLevels(what: string, levels: readonly Level[]): string | null {
  if (levels.length > levelsMax) return `the ${what} have more than ${levelsMax} levels`;
  for (const [price, size] of levels) {
    const why =
      whyNoDecimal(`price of the ${what}`, price) ?? whyNoDecimal(`size of the ${what}`, size);
    if (why !== null) return why;
  }
  return null;
}
