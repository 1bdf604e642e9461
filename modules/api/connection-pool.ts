/**
 * Connections of one kind, lent to one holder at a time: HTTP sockets today, whatever else is dear to
 * open tomorrow. A place in the pool is taken before a connection is looked for, so `max` bounds what
 * is lent, opened and checked together, and nothing that waits or fails in between can exceed it.
 */
import { setMaxListeners } from 'node:events';
import type { Clock, Timer } from './clock.ts';
import { orAborted } from './or-aborted.ts';
import {
  PoolClosedError,
  PoolExhaustedError,
  PoolOpenTimeoutError,
} from './connection-pool/error.ts';

export interface PoolLimits {
  /** So many idle ones are not closed. None is opened before somebody asks for it. */
  readonly min: number;
  readonly max: number;
  /** How long `acquire` waits, for its turn and for the connection to open, in milliseconds. */
  readonly waitMs: number;
  /** An idle connection above `min` is closed after so many milliseconds. */
  readonly idleMs: number;
}

export interface PoolOptions<T> extends PoolLimits {
  /** What the connections lead to, for messages. */
  readonly name: string;
  /** The signal aborts when nobody waits for it any more. */
  readonly open: (signal: AbortSignal) => T | Promise<T>;
  readonly close: (connection: T) => void | Promise<void>;
  /** Asked before an idle connection is lent again; one that is not usable is closed. */
  readonly isUsable?: (connection: T) => boolean | Promise<boolean>;
  /** `close` or `isUsable` failed; the connection is given up all the same. */
  readonly onError: (error: unknown) => void;
  readonly clock: Clock;
}

export interface Lease<T> {
  readonly connection: T;
  /** Gives it back. A second call, or one after `destroy`, does nothing. */
  release(): void;
  /** Gives it back to be closed. */
  destroy(): void;
}

export interface PoolMetrics {
  readonly open: number;
  readonly in_use: number;
  readonly idle: number;
  readonly waiting: number;
  readonly opened: number;
  readonly closed: number;
  readonly exhausted: number;
}

interface Place {
  readonly holder: string;
  readonly sinceMs: number;
}

interface Waiter {
  readonly holder: string;
  readonly take: (place: Place) => void;
}

/** The most that may wait; more of them would only find out later that there is no room. */
const waitingMax = 10_000;

export class ConnectionPool<T> {
  readonly #options: PoolOptions<T>;
  /** The longest idle first; the last one is lent first, so that the others can grow old. */
  readonly #idle: { readonly connection: T; readonly sinceMs: number }[] = [];
  /** Those that are taken, in the order in which they were. */
  readonly #places = new Set<Place>();
  readonly #waiters = new Set<Waiter>();
  readonly #closing = new Set<Promise<void>>();
  readonly #ended = new AbortController();
  #sweeper: Timer | null = null;
  #whenEmpty: (() => void) | null = null;
  #opened = 0;
  #closed = 0;
  #timesExhausted = 0;

  constructor(options: PoolOptions<T>) {
    this.#options = options;
    // One for each that waits, which is no leak.
    setMaxListeners(0, this.#ended.signal);
  }

  get metrics(): PoolMetrics {
    return {
      open: this.#opened - this.#closed,
      in_use: this.#places.size,
      idle: this.#idle.length,
      waiting: this.#waiters.size,
      opened: this.#opened,
      closed: this.#closed,
      exhausted: this.#timesExhausted,
    };
  }

  /**
   * Lends a connection, to those who wait in the order in which they came. Rejects with
   * `PoolExhaustedError` after `waitMs` (default and upper bound: that of the pool) without a turn,
   * `PoolOpenTimeoutError`, `PoolClosedError`, the signal's reason, or what `open` threw.
   * @param holder who has it, as `PoolExhaustedError` shows it to others
   */
  async acquire(
    holder: string,
    options: { readonly signal?: AbortSignal; readonly waitMs?: number } = {},
  ): Promise<Lease<T>> {
    const { clock, name, max, waitMs: waitMsMax } = this.#options;
    const { signal, waitMs = waitMsMax } = options;
    signal?.throwIfAborted();
    this.#ended.signal.throwIfAborted();
    const wait = new AbortController();
    const beganMs = clock.monotonicMs();
    let place: Place | null = null;
    const timer = clock.after(Math.min(waitMs, waitMsMax), () => {
      const waitedMs = clock.monotonicMs() - beganMs;
      wait.abort(
        place === null ? this.#exhausted(waitedMs) : new PoolOpenTimeoutError(name, waitedMs),
      );
    });
    const onAbort = () => wait.abort(signal?.reason);
    const onEnd = () => wait.abort(this.#ended.signal.reason);
    signal?.addEventListener('abort', onAbort);
    this.#ended.signal.addEventListener('abort', onEnd);
    try {
      place =
        this.#places.size < max ? this.#occupy(holder) : await this.#turn(holder, wait.signal);
      return await this.#lend(place, wait.signal);
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      this.#ended.signal.removeEventListener('abort', onEnd);
    }
  }

  /**
   * Refuses whoever waits or comes, closes what is idle, and what is lent as soon as it is given
   * back. Resolves when all are closed, or after the deadline with some still lent.
   */
  async close(deadlineMs = 10_000): Promise<void> {
    this.#ended.abort(new PoolClosedError(this.#options.name));
    this.#sweeper?.cancel();
    for (const { connection } of this.#idle.splice(0)) this.#close(connection);
    if (this.#places.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.clock.after(deadlineMs, resolve);
        this.#whenEmpty = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    await Promise.all(this.#closing);
  }

  #occupy(holder: string): Place {
    const place = { holder, sinceMs: this.#options.clock.monotonicMs() };
    this.#places.add(place);
    return place;
  }

  /** A place, after all who came before. It is taken in the moment in which it is given. */
  #turn(holder: string, signal: AbortSignal): Promise<Place> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiters.delete(waiter);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        leave();
        reject(signal.reason as Error);
      };
      const waiter: Waiter = {
        holder,
        take: (place) => {
          leave();
          resolve(place);
        },
      };
      if (this.#waiters.size >= waitingMax) throw this.#exhausted(0);
      this.#waiters.add(waiter);
      signal.addEventListener('abort', onAbort);
    });
  }

  #vacate(place: Place): void {
    this.#places.delete(place);
    const [next] = this.#waiters;
    next?.take(this.#occupy(next.holder));
    if (this.#places.size === 0) this.#whenEmpty?.();
  }

  async #lend(place: Place, signal: AbortSignal): Promise<Lease<T>> {
    try {
      signal.throwIfAborted();
      const connection = (await this.#usableIdle(signal)) ?? (await this.#open(signal));
      return this.#lease(place, connection.value);
    } catch (error) {
      this.#vacate(place);
      throw error;
    }
  }

  async #usableIdle(signal: AbortSignal): Promise<{ value: T } | null> {
    const { isUsable = () => true, onError } = this.#options;
    for (let next = this.#idle.pop(); next !== undefined; next = this.#idle.pop()) {
      const { connection } = next;
      try {
        const answer = Promise.resolve(isUsable(connection));
        if (await orAborted(answer, signal, ignored)) return { value: connection };
        this.#close(connection);
      } catch (error) {
        this.#close(connection);
        if (signal.aborted) throw error;
        onError(error);
      }
    }
    return null;
  }

  async #open(signal: AbortSignal): Promise<{ value: T }> {
    const opening = Promise.resolve(this.#options.open(signal)).then((value) => {
      this.#opened += 1;
      return value;
    });
    return { value: await orAborted(opening, signal, (value) => this.#close(value)) };
  }

  #lease(place: Place, connection: T): Lease<T> {
    const giveBack = (isUsable: boolean) => {
      if (!this.#places.has(place)) return;
      if (isUsable && !this.#ended.signal.aborted) {
        this.#idle.push({ connection, sinceMs: this.#options.clock.monotonicMs() });
        this.#sweep();
      } else this.#close(connection);
      this.#vacate(place);
    };
    return { connection, release: () => giveBack(true), destroy: () => giveBack(false) };
  }

  /** Closes what has been idle for too long, and comes back for the next. */
  #sweep(): void {
    const { clock, idleMs, min } = this.#options;
    this.#sweeper?.cancel();
    this.#sweeper = null;
    for (let oldest = this.#idle[0]; oldest !== undefined; oldest = this.#idle[0]) {
      const leftMs = oldest.sinceMs + idleMs - clock.monotonicMs();
      if (leftMs > 0) {
        this.#sweeper = clock.after(leftMs, () => this.#sweep(), { mayBeLast: false });
        return;
      }
      if (this.#idle.length <= min) return;
      this.#idle.shift();
      this.#close(oldest.connection);
    }
  }

  #close(connection: T): void {
    this.#closed += 1;
    const closing = (async () => {
      try {
        await this.#options.close(connection);
      } catch (error) {
        this.#options.onError(error);
      }
    })();
    this.#closing.add(closing);
    void closing.finally(() => this.#closing.delete(closing));
  }

  #exhausted(waitedMs: number): PoolExhaustedError {
    const { name, max, clock } = this.#options;
    this.#timesExhausted += 1;
    const nowMs = clock.monotonicMs();
    const holders = [...this.#places].map(({ holder, sinceMs }) => ({
      holder,
      heldMs: nowMs - sinceMs,
    }));
    return new PoolExhaustedError(name, max, waitedMs, holders);
  }
}

/** Whoever asked has left, and the connection is closed. */
function ignored(): void {
  return undefined;
}
