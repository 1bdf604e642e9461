import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Coverage, Gap } from '../store.ts';

export interface RecoveryOptions {
  readonly coverage: Pick<Coverage, 'gaps'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Older gaps are left to whoever asks for them: `collector collect trades`. */
const recoverMs = 24 * 3_600_000;
const retryMs = 5000;

/**
 * What earlier runs missed and had no time to fetch, of every stream up to its last connection. Waits
 * for the database as long as that takes; empty when the signal aborts.
 */
export async function earlierGaps(
  { coverage, clock, log }: RecoveryOptions,
  signal: AbortSignal,
): Promise<readonly Gap[]> {
  const isOver = () => signal.aborted;
  for (let attempts = 0; !isOver(); attempts += 1) {
    try {
      return await coverage.gaps('trades', clock.now() - recoverMs, signal);
    } catch (error) {
      if (!isOver() && attempts === 0) {
        log.warn('the gaps of earlier runs cannot be read yet', { error });
      }
      await pauseUntil(clock, retryMs, signal);
    }
  }
  return [];
}
