/** The way to a session: a place in the pool, and attempts to connect while the server is away. */
import { setMaxListeners } from 'node:events';
import { createHistogram } from 'node:perf_hooks';
import { type Clock, pause, type Timer } from '../clock.ts';
import { ConnectionPool, type Lease } from '../connection-pool.ts';
import { PoolExhaustedError, PoolOpenTimeoutError } from '../connection-pool/error.ts';
import type { Logger } from '../log.ts';
import { backoffMs } from '../../../rpc/backoff.ts';
import { DatabaseError } from './error.ts';
import { mayPass } from './failure.ts';
import type { DatabaseMetrics } from './metrics.ts';
import type { CallOptions } from './options.ts';
import type { Server } from './server.ts';
import { Session } from './session.ts';

export interface AccessOptions {
  readonly server: Server;
  readonly connectionsMax: number;
  readonly idleMs: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn' | 'error'>;
}

/** What belongs to one call from its beginning to its end. */
export interface Call {
  /** Aborted with a DatabaseError: `timeout`, `cancelled` or `closed`. */
  readonly signal: AbortSignal;
  /** When there must be a connection. */
  readonly reachedByMs: number;
  /** There is one: from now on the signal ends the call at its deadline. */
  readonly reached: () => void;
}

const reconnect = { baseMs: 100, maxMs: 2000 };
/** How long the pool itself lets anybody wait: never less than whoever asks. */
const waitMsMax = 2 ** 31 - 1;

export class Access {
  readonly #options: AccessOptions;
  readonly #pool: ConnectionPool<Session>;
  readonly #closed = new AbortController();
  readonly #latency = createHistogram();
  readonly #counts = {
    queries: 0,
    failed: 0,
    cancelled: 0,
    connect_failures: 0,
    broken: 0,
    transactions: 0,
    retries: 0,
  };
  #lastError: string | null = null;

  constructor(options: AccessOptions) {
    const { server, connectionsMax: max, idleMs, clock, log } = options;
    this.#options = options;
    this.#pool = new ConnectionPool({
      name: server.display,
      min: 0,
      max,
      waitMs: waitMsMax,
      idleMs,
      open: (signal) => Session.open(server, clock, signal, () => (this.#counts.broken += 1)),
      close: (session) => session.close(),
      isUsable: (session) => session.isUsable,
      onError: (error) => log.warn('a database connection was not closed properly', { error }),
      clock,
    });
    setMaxListeners(0, this.#closed.signal);
  }

  get display(): string {
    return this.#options.server.display;
  }

  get clock(): Clock {
    return this.#options.clock;
  }

  get metrics(): DatabaseMetrics {
    const percentileMs = (percent: number) =>
      this.#latency.count === 0 ? null : this.#latency.percentile(percent) / 1000;
    return {
      pool: this.#pool.metrics,
      ...this.#counts,
      latency_p50_ms: percentileMs(50),
      latency_p99_ms: percentileMs(99),
      last_error: this.#lastError,
    };
  }

  count(what: 'transactions' | 'retries'): void {
    this.#counts[what] += 1;
  }

  /** Runs what is given with a signal that ends with the call's deadline; counts and times it. */
  async call<T>(options: CallOptions, run: (call: Call) => Promise<T>): Promise<T> {
    const { clock } = this.#options;
    const { signal: given, timeoutMs = this.#options.timeoutMs, reachMs = timeoutMs } = options;
    const ended = new AbortController();
    const { signal } = ended;
    setMaxListeners(0, signal);
    const beganMs = clock.monotonicMs();
    let timer: Timer | null = null;
    const reached = () => {
      const leftMs = beganMs + timeoutMs - clock.monotonicMs();
      timer ??= clock.after(leftMs, () => ended.abort(this.#timeout(timeoutMs)));
    };
    const onAbort = () => ended.abort(this.#cancelled(given?.reason));
    const onClosed = () => ended.abort(this.#closed.signal.reason);
    if (given !== undefined) setMaxListeners(0, given);
    given?.addEventListener('abort', onAbort);
    this.#closed.signal.addEventListener('abort', onClosed);
    if (this.#closed.signal.aborted) onClosed();
    if (given?.aborted === true) onAbort();
    try {
      signal.throwIfAborted();
      const value = await run({
        signal,
        reachedByMs: beganMs + Math.min(reachMs, timeoutMs),
        reached,
      });
      this.#counts.queries += 1;
      this.#latency.record(Math.max(1, Math.round((clock.monotonicMs() - beganMs) * 1000)));
      return value;
    } catch (error) {
      const isCancelled = error instanceof DatabaseError && error.kind === 'cancelled';
      this.#counts[isCancelled ? 'cancelled' : 'failed'] += 1;
      if (!isCancelled) this.#lastError = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      (timer as Timer | null)?.cancel();
      given?.removeEventListener('abort', onAbort);
      this.#closed.signal.removeEventListener('abort', onClosed);
    }
  }

  /** Rejects with `unavailable` or `pool_exhausted` at the deadline, or with the signal's reason. */
  async session({ signal, reachedByMs, reached }: Call, holder: string): Promise<Lease<Session>> {
    const { clock } = this.#options;
    let lastFailure: DatabaseError | null = null;
    for (let failures = 0; ; failures += 1) {
      signal.throwIfAborted();
      const leftMs = reachedByMs - clock.monotonicMs();
      try {
        const lease = await this.#pool.acquire(holder, { signal, waitMs: Math.max(0, leftMs) });
        reached();
        return lease;
      } catch (error) {
        const failure = this.#unreached(error, lastFailure);
        if (!(error instanceof DatabaseError) || !mayPass(failure.kind)) throw failure;
        if (error !== signal.reason) this.#counts.connect_failures += 1;
        lastFailure = failure;
      }
      const delayMs = backoffMs(reconnect, failures, clock.random());
      if (clock.monotonicMs() + delayMs >= reachedByMs) throw lastFailure;
      await pause(clock, delayMs, signal);
    }
  }

  /** As `Database.close`. */
  async close(deadlineMs: number): Promise<void> {
    const timer = this.#options.clock.after(deadlineMs, () => this.#closed.abort(this.#isClosed()));
    await this.#pool.close(deadlineMs);
    timer.cancel();
    this.#closed.abort(this.#isClosed());
    // Those that the deadline has cancelled give their sessions back at once.
    await this.#pool.close(deadlineMs);
  }

  #unreached(error: unknown, before: DatabaseError | null): DatabaseError {
    if (error instanceof DatabaseError) return error;
    if (error instanceof PoolExhaustedError) {
      // Whoever has the places may be waiting for the server as well.
      return before ?? new DatabaseError('pool_exhausted', error.message, { cause: error });
    }
    if (error instanceof PoolOpenTimeoutError)
      return before ?? new DatabaseError('unavailable', error.message, { cause: error });
    return this.#isClosed(error);
  }

  #timeout(timeoutMs: number): DatabaseError {
    const limit = `${timeoutMs / 1000} s`;
    return new DatabaseError(
      'timeout',
      `what was asked of ${this.display} took longer than ${limit}`,
    );
  }

  #cancelled(cause: unknown): DatabaseError {
    const problem = `what was asked of ${this.display} was cancelled`;
    return new DatabaseError('cancelled', problem, { cause });
  }

  #isClosed(cause?: unknown): DatabaseError {
    return new DatabaseError('closed', `${this.display} was closed by this module`, { cause });
  }
}
