import type { EndReason } from './socket-error.ts';

export interface Backoff {
  readonly reconnectDelayMsMin: number;
  readonly reconnectDelayMsMax: number;
  /** The least that is waited where the server does not want us, and does not say for how long. */
  readonly refusedDelayMs: number;
}

/** What ended, as far as the next attempt depends on it. */
export interface Ending {
  readonly reason: EndReason;
  /** What the server has asked for, in milliseconds. */
  readonly retryAfterMs: number | null;
}

/**
 * How long to wait before the next attempt, in milliseconds. Full jitter: anything up to a bound that
 * doubles with each failure, so that the clients of a venue that comes back do not all knock at once.
 * A server that has asked for time gets all of it, and the jitter on top.
 *
 * @param failures attempts and short connections since the last one that was good for a while
 * @param random at least 0, below 1
 */
export function reconnectDelay(
  failures: number,
  { reason, retryAfterMs }: Ending,
  random: number,
  { reconnectDelayMsMin, reconnectDelayMsMax, refusedDelayMs }: Backoff,
): number {
  const bound = Math.min(reconnectDelayMsMax, reconnectDelayMsMin * 2 ** failures);
  const floor = retryAfterMs ?? (reason === 'refused' ? refusedDelayMs : 0);
  return floor + random * bound;
}
