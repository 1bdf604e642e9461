/**
 * A way out of the daemon that may be slow or broken: a bounded queue of its own, one delivery at a
 * time, so that it holds up neither the daemon nor another outlet. When the queue is full the oldest
 * is dropped and counted.
 */
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';
import { Cooldown } from './cooldown.ts';

const queueMax = 100;
/** How often the log is told that it does not work. */
const saidEveryMs = 300_000;
/** What is left when the daemon ends may take so long. */
const lastWordsMs = 1000;

/**
 * Resolves with null when it was delivered, with why not in words otherwise. Ends at the latest a
 * moment after the signal. Must not reject.
 */
export type Deliver<T> = (item: T, dropped: number, signal: AbortSignal) => Promise<string | null>;

export interface OutletOptions<T> {
  /** As in `cannot tell the webhook`. */
  readonly name: string;
  readonly deliver: Deliver<T>;
  readonly system: System;
  readonly log: Pick<Log, 'warn' | 'info'>;
}

export class Outlet<T> {
  readonly #options: OutletOptions<T>;
  readonly #queue: T[] = [];
  readonly #over = new AbortController();
  readonly #said = new Cooldown();
  #dropped = 0;
  #isFailing = false;
  #working: Promise<void> | null = null;

  constructor(options: OutletOptions<T>) {
    this.#options = options;
  }

  /** Returns at once. */
  take(item: T): void {
    if (this.#over.signal.aborted) return;
    if (this.#queue.length >= queueMax) {
      this.#queue.shift();
      this.#dropped += 1;
    }
    this.#queue.push(item);
    this.#working ??= this.#work();
  }

  /** Resolves when nothing of it runs; what could not be delivered within a second is given up. */
  async stop(): Promise<void> {
    const timer = this.#options.system.after(lastWordsMs, () => this.#over.abort());
    await this.#working;
    timer.cancel();
    this.#over.abort();
    const { name, log } = this.#options;
    const untold = this.#queue.length + this.#dropped;
    if (untold > 0) log.warn(`the daemon ends: ${untold} alerts were not told by the ${name}`);
  }

  async #work(): Promise<void> {
    // In a later turn: whoever raises an alert waits for nothing.
    await Promise.resolve();
    while (!this.#over.signal.aborted) {
      const item = this.#queue.shift();
      if (item === undefined) break;
      const dropped = this.#dropped;
      this.#dropped = 0;
      const why = await this.#options.deliver(item, dropped, this.#over.signal);
      if (why === null) this.#succeeded();
      else this.#failed(why, dropped);
    }
    this.#working = null;
  }

  #succeeded(): void {
    const { name, log } = this.#options;
    if (this.#isFailing) log.info(`the ${name} takes alerts again`);
    this.#isFailing = false;
  }

  #failed(why: string, dropped: number): void {
    const { name, system, log } = this.#options;
    // To be told by the next one that gets through.
    this.#dropped += dropped + 1;
    this.#isFailing = true;
    // Given up rather than failed: `stop` tells how many.
    if (this.#over.signal.aborted) return;
    const others = this.#said.pass(why, system.monotonicMs(), saidEveryMs);
    if (others === null) return;
    const again = others === 0 ? '' : ` (${others} more since this was last said)`;
    log.warn(`cannot tell the ${name} of an alert: ${why}${again}`);
  }
}
