import { backoffMs } from '../../rpc/backoff.ts';

const firstDelayMs = 100;
const longestDelayMs = 5000;
/** Chance may say 0. */
const shortestDelayMs = 50;

/**
 * How long to wait before Redis is tried again, in milliseconds: full jitter, so that the daemons of
 * many hosts do not all knock in the same moment. Pure.
 *
 * @param failures in a row, at least 1
 * @param random at least 0, below 1
 */
export function retryDelayMs(failures: number, random: number): number {
  return Math.max(
    shortestDelayMs,
    backoffMs({ baseMs: firstDelayMs, maxMs: longestDelayMs }, failures, random),
  );
}
