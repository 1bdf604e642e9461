import { backoffMs } from '../api/backoff.ts';
import { type Clock, pauseUntil } from '../api/clock.ts';
import { DatabaseError, type DatabaseErrorKind } from '../api/database.ts';
import type { Logger } from '../api/log.ts';

/** To wait does not mend them. */
const final: ReadonlySet<DatabaseErrorKind> = new Set(['not_configured', 'migration', 'refused']);
const retry = { baseMs: 500, maxMs: 10_000 };

/**
 * Opens what needs the database, as soon as that is there: it may come up after its modules, or be
 * away for a while. Null when the signal aborts first. Rejects with what no waiting can mend.
 */
export async function whenReachable<V>(
  open: (signal: AbortSignal) => Promise<V>,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
): Promise<V | null> {
  const isOver = () => signal.aborted;
  for (let failures = 0; !isOver(); failures += 1) {
    try {
      return await open(signal);
    } catch (error) {
      if (isOver()) break;
      if (error instanceof DatabaseError && final.has(error.kind)) throw error;
      if (failures === 0) log.warn('the database cannot be used yet; trying again', { error });
      await pauseUntil(clock, backoffMs(retry, failures, clock.random()), signal);
    }
  }
  return null;
}
