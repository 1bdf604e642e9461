/**
 * From the queue into the store. What was taken stays in the queue until it is safe: a batch that
 * fails is tried again, and what is in flight when everything stops is not lost.
 */
import { backoffMs } from '../../api/backoff.ts';
import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Store } from '../store.ts';
import type { Queued, TradeQueue } from './trade-queue.ts';

export interface DrainOptions {
  readonly queue: TradeQueue;
  readonly store: Pick<Store, 'addTrades'>;
  /** Trades in one call of the store. */
  readonly batchMax: number;
  /** Breaks off what is in flight: for when nobody can wait any longer. */
  readonly deadline: AbortSignal;
  readonly clock: Clock;
  readonly log: Logger;
  /** So many calls of the store have succeeded with these; the queue holds only what came later. */
  readonly onStored: (batches: number, trades: readonly Queued[]) => void;
}

/** Calls of the store at the same time. */
const parallelMax = 4;
const retry = { baseMs: 500, maxMs: 15_000 };

export class Drain {
  readonly #options: DrainOptions;
  #failures = 0;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  /** Until the signal aborts; what is in flight then is finished first. Never rejects for the store. */
  async run(signal: AbortSignal): Promise<void> {
    const isOver = () => signal.aborted;
    while (!isOver()) {
      await this.#options.queue.available(signal);
      if (!isOver()) await this.#round(signal);
    }
  }

  /** Until nothing is left, or the deadline. Gives how many are left. */
  async empty(): Promise<number> {
    const { queue, deadline } = this.#options;
    while (queue.depth > 0 && !deadline.aborted) await this.#round(deadline);
    return queue.depth;
  }

  async #round(signal: AbortSignal): Promise<void> {
    const { queue, store, batchMax, deadline, clock, log, onStored } = this.#options;
    const taken = queue.peek(batchMax * parallelMax);
    const batches = Array.from({ length: Math.ceil(taken.length / batchMax) }, (_, index) =>
      taken.slice(index * batchMax, (index + 1) * batchMax).map(({ trade }) => trade),
    );
    const results = await Promise.allSettled(
      batches.map((trades) => store.addTrades(trades, deadline)),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) {
      this.#failures = 0;
      queue.done(taken.length);
      onStored(batches.length, taken);
      return;
    }
    const delayMs = backoffMs(retry, this.#failures, clock.random());
    if (this.#failures === 0) {
      log.warn('trades cannot be stored; they wait', { error: failed.reason, queued: queue.depth });
    }
    this.#failures += 1;
    await pauseUntil(clock, delayMs, signal);
  }
}
