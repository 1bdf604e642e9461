import { backoffMs } from '../../../rpc/backoff.ts';

/** How long a module whose token was refused waits: the daemon will hardly change its mind. */
const refusedDelayMsMax = 30_000;
const delayMsMin = 100;
const delayMsMax = 3000;

/**
 * How long to wait before the next attempt to reach the daemon, in milliseconds: full jitter, so that
 * the modules of a daemon that comes back do not all knock in the same moment.
 *
 * @param failures consecutive failed attempts, or `refused` when the daemon did not accept us
 * @param random at least 0, below 1
 */
export function reconnectDelayMs(failures: number | 'refused', random: number): number {
  if (failures === 'refused') return refusedDelayMsMax * (0.5 + random / 2);
  return backoffMs({ baseMs: delayMsMin, maxMs: delayMsMax }, failures, random);
}
