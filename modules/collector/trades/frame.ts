/**
 * What one text of the market channel says. Pure: from text to meaning.
 * Source: https://docs.polymarket.com/developers/CLOB/websocket/market-channel
 */
import type { Trade } from '../rows.ts';
import { fieldsOf, type Garbage, rawText } from '../venue/parsed.ts';
import { parseTrade, type VenueTrade } from '../venue/trade.ts';
import { type Fill, identified } from './identity.ts';

export interface Frame {
  /** Equal fills of one frame have different ids. */
  readonly trades: readonly Trade[];
  /** Whether somebody traded or quoted: what shows at which pace the markets go. */
  readonly hasMoves: boolean;
  /** Whether it is of the feed at all: a trade, a change, a book. */
  readonly hasData: boolean;
  readonly isPong: boolean;
  readonly garbage: readonly Garbage[];
}

const nothing: Frame = { trades: [], hasMoves: false, hasData: false, isPong: false, garbage: [] };

/** Never throws: what cannot be understood is garbage. */
export function readFrame(text: string): Frame {
  // The answer to PING is no JSON.
  if (text === 'PONG') return { ...nothing, isPong: true };
  if (text === '') return nothing;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ...nothing, garbage: [{ reason: 'the frame is no JSON', raw: rawText(text) }] };
  }
  return readEvents(Array.isArray(json) ? (json as unknown[]) : [json]);
}

function readEvents(events: readonly unknown[]): Frame {
  const fills: Fill[] = [];
  const garbage: Garbage[] = [];
  let hasMoves = false;
  let hasData = false;
  for (const event of events) {
    const kind = fieldsOf(event)?.['event_type'];
    if (kind === 'last_trade_price') {
      const read = parseTrade(event);
      if (read.kind === 'row') fills.push(fillOf(read.row));
      else if (read.kind === 'garbage') garbage.push({ ...read, raw: rawText(event) });
      hasMoves = true;
    } else if (kind === 'price_change') hasMoves = true;
    else if (fieldsOf(event) === null) {
      garbage.push({ reason: 'an event is no object', raw: rawText(event) });
    }
    hasData ||= typeof kind === 'string' && feedKinds.has(kind);
  }
  return { trades: identified(fills), hasMoves, hasData, isPong: false, garbage };
}

/**
 * Those of the tokens that were asked for. Others there are, and will be, are nothing to this reader:
 * `new_market` is told to everybody, also where the feed itself is frozen.
 */
const feedKinds = new Set([
  'last_trade_price',
  'price_change',
  'book',
  'best_bid_ask',
  'tick_size_change',
]);

function fillOf({ at, tokenId, side, price, size, transactionHash }: VenueTrade): Fill {
  return { atMs: at.getTime(), tokenId, side, price, size, transactionHash, source: 'stream' };
}
