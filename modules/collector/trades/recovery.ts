import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Token } from '../rows.ts';
import type { Gap, Store } from '../store.ts';

export interface RecoveryOptions {
  readonly store: Pick<Store, 'coverage' | 'foundTokens'>;
  /** For how long before its end a run may have left tokens that it had just found unfinished. */
  readonly unfinishedMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface EarlierRuns {
  /** Of every stream, up to its last connection. */
  readonly gaps: readonly Gap[];
  /** Tokens that were new to a run that ended soon after; null: there was none. */
  readonly found: { readonly tokens: readonly Token[]; readonly sinceMs: number } | null;
}

/** Older gaps are left to whoever asks for them: `collector collect trades`. */
const recoverMs = 24 * 3_600_000;
const retryMs = 5000;
const nothing: EarlierRuns = { gaps: [], found: null };

/**
 * What earlier runs missed and had no time to fetch. Waits for the database as long as that takes;
 * empty when the signal aborts.
 */
export async function earlierRuns(
  { store, unfinishedMs, clock, log }: RecoveryOptions,
  signal: AbortSignal,
): Promise<EarlierRuns> {
  const isOver = () => signal.aborted;
  for (let attempts = 0; !isOver(); attempts += 1) {
    try {
      const gaps = await store.coverage.gaps('trades', clock.now() - recoverMs, signal);
      if (gaps.length === 0) return nothing;
      const sinceMs = Math.min(...gaps.map(({ fromMs }) => fromMs)) - unfinishedMs;
      return { gaps, found: { tokens: await store.foundTokens(sinceMs, signal), sinceMs } };
    } catch (error) {
      if (!isOver() && attempts === 0) {
        log.warn('the gaps of earlier runs cannot be read yet', { error });
      }
      await pauseUntil(clock, retryMs, signal);
    }
  }
  return nothing;
}
