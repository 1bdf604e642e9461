import { backoffMs } from '../../../rpc/backoff.ts';
import type { Clock } from '../clock.ts';
import type { EndReason, SocketError } from './error.ts';

export interface RetryLimits {
  readonly reconnectDelayMsMin: number;
  readonly reconnectDelayMsMax: number;
  /** The least that is waited where the server does not want us, and does not say for how long. */
  readonly refusedDelayMs: number;
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
  delayMs(error: SocketError<EndReason>): number {
    const delayMs = reconnectDelayMs(this.#failures, error, this.#clock.random(), this.#limits);
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

/**
 * How long to wait before the next attempt, in milliseconds: full jitter, so that the clients of a
 * venue that comes back do not all knock at once. A server that has asked for time gets all of it,
 * and the jitter on top.
 *
 * @param failures attempts and short connections since the last one that was good for a while
 * @param random at least 0, below 1
 */
export function reconnectDelayMs(
  failures: number,
  { kind, retryAfterMs }: Pick<SocketError<EndReason>, 'kind' | 'retryAfterMs'>,
  random: number,
  limits: Omit<RetryLimits, 'stableMs' | 'failuresMax'>,
): number {
  const { reconnectDelayMsMin: baseMs, reconnectDelayMsMax: maxMs, refusedDelayMs } = limits;
  const floorMs = retryAfterMs ?? (kind === 'refused' ? refusedDelayMs : 0);
  return floorMs + backoffMs({ baseMs, maxMs }, failures, random);
}
