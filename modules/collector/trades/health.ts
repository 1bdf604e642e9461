import type { Feed } from './feed.ts';
import type { CommitLatency, LatencyMs } from './commit-latency.ts';
import type { Ledger } from './ledger.ts';
import type { TradeQueue } from './trade-queue.ts';

/** Of one listener: all counts begin with it. Times are ISO 8601, UTC. A plain object. */
export interface TradeListenerHealth {
  readonly started_at: string | null;
  /** Trades that came over the stream, repeated and dropped ones too. */
  readonly trades_received: number;
  /** Rows that are new in the database, back-filled ones too. */
  readonly trades_inserted: number;
  readonly batches_inserted: number;
  readonly connections_active: number;
  /** Connections that followed a lost one; those that took over from an old one do not count. */
  readonly reconnections: number;
  readonly queue_depth: number;
  /** When the last trade was made, received and stored ones apart. */
  readonly last_trade_ts: string | null;
  readonly last_insert_ts: string | null;
  readonly last_reconnect_ts: string | null;

  readonly connections: number;
  readonly tokens: number;
  readonly trades_dropped: number;
  readonly frames_quarantined: number;
  /** Gaps that have been noticed. */
  readonly gaps: number;
  /** What is still to be fetched: gaps, and tokens that have come or gone. At 0 nothing is missing. */
  readonly backfill_pending: number;
  readonly trades_backfilled: number;
  /** From a frame to its trades being safe, of the last minute; null: there were none. */
  readonly commit_latency_ms: LatencyMs | null;
}

export interface Counts {
  startedMs: number | null;
  received: number;
  batches: number;
  quarantined: number;
  gaps: number;
  lastTradeMs: number | null;
  lastInsertMs: number | null;
}

export function newCounts(): Counts {
  return {
    startedMs: null,
    received: 0,
    batches: 0,
    quarantined: 0,
    gaps: 0,
    lastTradeMs: null,
    lastInsertMs: null,
  };
}

export interface HealthSources {
  readonly counts: Counts;
  /** New rows in the database since the listener was made. */
  readonly inserted: number;
  readonly feeds: readonly Feed[];
  readonly queue: TradeQueue;
  readonly ledger: Ledger;
  readonly latency: CommitLatency;
  readonly backfillPending: number;
  readonly backfilled: number;
}

export function healthOf(sources: HealthSources): TradeListenerHealth {
  const { counts, inserted, feeds, queue, ledger, latency } = sources;
  return {
    started_at: iso(counts.startedMs),
    trades_received: counts.received,
    trades_inserted: inserted,
    batches_inserted: counts.batches,
    connections_active: feeds.filter(({ isOpen }) => isOpen).length,
    reconnections: ledger.reconnections,
    queue_depth: queue.depth,
    last_trade_ts: iso(counts.lastTradeMs),
    last_insert_ts: iso(counts.lastInsertMs),
    last_reconnect_ts: iso(ledger.lastReconnectMs),
    connections: feeds.length,
    tokens: feeds.reduce((total, { tokenIds }) => total + tokenIds.size, 0),
    trades_dropped: queue.droppedTotal,
    frames_quarantined: counts.quarantined,
    gaps: counts.gaps,
    backfill_pending: sources.backfillPending,
    trades_backfilled: sources.backfilled,
    commit_latency_ms: latency.lastMinute(),
  };
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
