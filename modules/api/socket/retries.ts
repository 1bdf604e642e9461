import type { Clock } from '../clock.ts';
import { type Backoff, reconnectDelay } from './reconnect-delay.ts';
import type { EndReason, SocketError } from './socket-error.ts';

export interface RetryLimits extends Backoff {
  readonly stableMs: number;
  readonly failuresMax: number | null;
}

/** Counts what failed in a row, and says when the next attempt is due. */
export class Retries {
  readonly #limits: RetryLimits;
  readonly #clock: Clock;
  #failures = 0;

  constructor(limits: RetryLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** A connection ended that had been complete for so long. */
  endedAfter(completeForMs: number): void {
    if (completeForMs >= this.#limits.stableMs) this.#failures = 0;
  }

  /** One more failure: the delay until the next attempt, in milliseconds. */
  delayMs({ code, retryAfterMs }: SocketError<EndReason>): number {
    const random = this.#clock.random();
    const delayMs = reconnectDelay(
      this.#failures,
      { reason: code, retryAfterMs },
      random,
      this.#limits,
    );
    this.#failures += 1;
    return delayMs;
  }

  /** Whether it is the first failure since there was a good connection. */
  get isFirst(): boolean {
    return this.#failures === 1;
  }

  get isEnough(): boolean {
    const { failuresMax } = this.#limits;
    return failuresMax !== null && this.#failures >= failuresMax;
  }
}
