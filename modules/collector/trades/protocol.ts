/** Polymarket's market channel in the terms of `superbot/socket`. */
import type { Incoming, Protocol, SubscriptionChange } from '../../api/socket.ts';
import type { Trade } from '../rows.ts';
import type { Garbage } from '../venue/parsed.ts';
import { readFrame } from './frame.ts';

/** What the feed brought: trades one by one, and of all else that it came. */
export type FeedMessage =
  { readonly kind: 'trade'; readonly trade: Trade } | { readonly kind: 'other' };

export interface FeedListener {
  /** Somebody traded or quoted. */
  readonly onMove: () => void;
  readonly onGarbage: (garbage: Garbage) => void;
}

const other: Incoming<FeedMessage> = { kind: 'data', message: { kind: 'other' } };

export function marketProtocol({ onMove, onGarbage }: FeedListener): Protocol<FeedMessage> {
  return {
    ping: 'PING',
    change: subscription,
    read(data) {
      const frame = readFrame(typeof data === 'string' ? data : data.toString('utf8'));
      for (const garbage of frame.garbage) onGarbage(garbage);
      if (frame.isPong) return { kind: 'pong' };
      if (frame.hasMoves) onMove();
      if (frame.trades.length > 0) return frame.trades.map(asData);
      return frame.hasData ? other : { kind: 'ignored' };
    },
  };
}

/** The first message of a connection has a form of its own. Token ids are JSON strings. */
export function subscription({ action, topics, isFirst }: SubscriptionChange): string {
  const assets = { assets_ids: topics };
  return JSON.stringify(isFirst ? { ...assets, type: 'market' } : { ...assets, operation: action });
}

function asData(trade: Trade): Incoming<FeedMessage> {
  return { kind: 'data', message: { kind: 'trade', trade }, key: trade.id };
}
