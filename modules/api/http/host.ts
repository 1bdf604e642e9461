/** What a client knows of one origin: its connections, its counts, and whether it wants to be left alone. */
import type { Clock } from '../clock.ts';
import { ConnectionPool, type PoolLimits } from '../connection-pool.ts';
import { log } from '../log.ts';
import { HttpConnection } from './connection.ts';
import { HostCounts, type HttpHostMetrics } from './metrics.ts';

/** What a ban without Retry-After lasts: the shortest of Binance. */
const banMsDefault = 120_000;

export interface Hold {
  readonly status: 418 | 429;
  readonly leftMs: number;
}

export class Host {
  readonly pool: ConnectionPool<HttpConnection>;
  readonly counts = new HostCounts();
  readonly #clock: Clock;
  #heldStatus: 418 | 429 = 429;
  #heldUntilMs = -Infinity;

  constructor(origin: URL, limits: PoolLimits, clock: Clock, ca: string | undefined) {
    this.#clock = clock;
    this.pool = new ConnectionPool({
      ...limits,
      // Idle sockets are dropped on their way without a word, and a request that cannot be repeated
      // would be lost on one: better to open another.
      min: 0,
      name: origin.host,
      open: () => new HttpConnection(origin, ca),
      close: (connection) => connection.close(),
      isUsable: (connection) => connection.isQuiet,
      onError: (error) =>
        log.error(`a connection to ${origin.host} could not be closed`, { error }),
      clock,
    });
  }

  /** Takes what the host said: 418 is a ban; 429 counts when it says for how long. */
  heard(status: number, retryAfterMs: number | null): void {
    if (status === 418) this.#hold(418, retryAfterMs ?? banMsDefault);
    if (status === 429 && retryAfterMs !== null) this.#hold(429, retryAfterMs);
  }

  /** Null when it may be asked. */
  get held(): Hold | null {
    const leftMs = this.#heldUntilMs - this.#clock.monotonicMs();
    return leftMs > 0 ? { status: this.#heldStatus, leftMs } : null;
  }

  /** Nothing would be lost with it but its counts. */
  get isIdle(): boolean {
    return this.counts.inFlight === 0 && this.held === null;
  }

  get metrics(): HttpHostMetrics {
    const { requests, retries, errors, inFlight, opened, reused, latency } = this.counts;
    const { waiting, open } = this.pool.metrics;
    return {
      requests,
      retries,
      errors: { ...errors },
      in_flight: inFlight,
      waiting,
      open,
      opened,
      reused,
      held_ms: Math.round(this.held?.leftMs ?? 0),
      latency_ms: latency,
    };
  }

  #hold(status: 418 | 429, forMs: number): void {
    const untilMs = this.#clock.monotonicMs() + forMs;
    if (untilMs <= this.#heldUntilMs) return;
    this.#heldUntilMs = untilMs;
    this.#heldStatus = status;
  }
}
