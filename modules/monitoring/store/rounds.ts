/**
 * Writes what waits, round by round: soon after something came, and later and later while that fails.
 */
import { backoffMs } from '../../api/backoff.ts';
import type { Clock, Timer } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';

export interface RoundsOptions {
  /** Writes everything that waits. Rejects when it cannot. */
  readonly round: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn'>;
}

/** How long a sample waits for others: what a kill -9 may cost. */
const companyMs = 2000;
const retry = { baseMs: 1000, maxMs: 30_000 };
/** With full jitter alone, an outage would now and then be asked about several times a second. */
const retryMsMin = 500;

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #stop = new AbortController();
  #timer: Timer | null = null;
  #running: Promise<void> | null = null;
  /** How often something was handed in, and how much of that the last round has seen. */
  #asked = 0;
  #tried = 0;
  #failures = 0;
  #problem: string | null = null;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** What failed in the last round; null when all is well. */
  get problem(): string | null {
    return this.#problem;
  }

  /** For what may wait a little. While rounds fail, it waits for the next attempt. */
  wish(): void {
    if (this.#timer === null && this.#running === null) this.#schedule(companyMs);
    this.#asked += 1;
  }

  /**
   * A round now, or the end of the one that runs and another: what waited when it was called has been
   * tried then. Never rejects: `problem` tells.
   */
  async now(): Promise<void> {
    const mine = (this.#asked += 1);
    await this.#running;
    if (this.#tried < mine || this.#running !== null) await this.#begin();
  }

  /** Breaks off what runs; nothing is begun any more. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#timer?.cancel();
    await this.#running;
  }

  #schedule(delayMs: number): void {
    if (this.#stop.signal.aborted) return;
    const options = { mayBeLast: false };
    this.#timer = this.#options.clock.after(delayMs, () => void this.#begin(), options);
  }

  #begin(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    return (this.#running ??= this.#run().finally(() => (this.#running = null)));
  }

  async #run(): Promise<void> {
    const { round, clock, log } = this.#options;
    const { signal } = this.#stop;
    const isOver = () => signal.aborted;
    if (isOver()) return;
    this.#tried = this.#asked;
    try {
      await round(signal);
      if (this.#problem !== null) log.info('what was waiting is stored again');
      this.#problem = null;
      this.#failures = 0;
      if (this.#tried < this.#asked) this.#schedule(companyMs);
    } catch (error) {
      if (isOver()) return;
      this.#problem = error instanceof Error ? error.message : String(error);
      if (this.#failures === 0)
        log.warn('cannot store what the host does; trying again', { error });
      const delayMs = backoffMs(retry, this.#failures, clock.random());
      this.#failures += 1;
      this.#schedule(Math.max(retryMsMin, delayMs));
    }
  }
}
