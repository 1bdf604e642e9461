import type { PoolMetrics } from '../connection-pool.ts';

/** A plain object, as for `onHealth` and `superbot-cli health`. Counts are since it was opened. */
export interface DatabaseMetrics {
  readonly pool: PoolMetrics;
  /** Statements, COPY included, that ended well. */
  readonly queries: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Connections that could not be made. */
  readonly connect_failures: number;
  /** Connections that broke, idle or not. */
  readonly broken: number;
  readonly transactions: number;
  /** Transactions and statements that were tried again. */
  readonly retries: number;
  /** Of a statement, in milliseconds; null when there was none. */
  readonly latency_p50_ms: number | null;
  readonly latency_p99_ms: number | null;
  readonly last_error: string | null;
}
