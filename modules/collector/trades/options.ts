import type { Clock } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Store } from '../store.ts';
import type { DataApi } from '../venue/data.ts';
import type { FeedLimits } from './feed.ts';

export interface TradeListenerConfig {
  readonly url: string;
  readonly feed: FeedLimits;
  readonly marketsMax: number;
  readonly tokensPerConnection: number;
  readonly tokenRefreshMs: number;
  /** For how long a token may have been traded before it is found. */
  readonly newTokenMs: number;
  readonly queueMax: number;
  readonly batchMax: number;
  readonly backfillOverlapMs: number;
  /** As `afterMs` of `Repairs`. */
  readonly backfillAfterMs: readonly number[];
  /** As `intervalMs` of `Sweeps`. */
  readonly sweepIntervalMs: number;
}

/**
 * Gaps of single tokens are in no ledger: what a run that died had found within that time it may not
 * have fetched, even where some fetches had failed.
 */
export function unfinishedMs(config: TradeListenerConfig): number {
  const { newTokenMs, tokenRefreshMs, backfillAfterMs } = config;
  return newTokenMs + tokenRefreshMs + 2 * Math.max(...backfillAfterMs);
}

export interface TradeListenerOptions {
  readonly store: Store;
  readonly config: TradeListenerConfig;
  /** Where trades are fetched that the stream did not bring. */
  readonly data: Pick<DataApi, 'trades'>;
  /** Takes books of these tokens anew, of all when null. Never rejects. */
  readonly snapshot: (tokenIds: readonly string[] | null, signal: AbortSignal) => Promise<unknown>;
  /** When the markets were last known, all of them; null: not since this program began. */
  readonly marketsKnownMs: () => number | null;
  readonly clock: Clock;
  readonly log: Logger;
}
