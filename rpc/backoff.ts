export interface Backoff {
  /** The bound before anything has failed. */
  readonly baseMs: number;
  readonly maxMs: number;
  /** Of the bound, with each failure. Default: 2. */
  readonly multiplier?: number;
}

/**
 * How long to wait before the next attempt, in milliseconds, with full jitter: anything up to a bound
 * that grows with each failure, so that many who lost the same server do not all come back at once.
 * Source: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 *
 * @param failures in a row; any number, also one whose power is beyond what a number can hold
 * @param random at least 0, below 1
 */
export function backoffMs(
  { baseMs, maxMs, multiplier = 2 }: Backoff,
  failures: number,
  random: number,
): number {
  return random * Math.min(maxMs, baseMs * multiplier ** failures);
}
