/** Removes what is older than is kept: soon after the start, and then once a day. */
import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { MonitorStore, PruneLimits } from '../store.ts';

export interface RetentionOptions {
  readonly store: Pick<MonitorStore, 'prune' | 'readState' | 'writeState'>;
  readonly daysKept: { readonly samples: number; readonly events: number };
  /** Of happenings that are gone, by their names. */
  readonly removeFolders: (folders: readonly string[]) => Promise<unknown>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

const dayMs = 86_400_000;
const firstRoundMs = 60_000;
const retryMs = 600_000;
/** Under which key it is kept when the clock was last seen. */
const stateKey = 'retention';

export class Retention {
  readonly #options: RetentionOptions;

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** Resolves when the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log } = this.#options;
    const isOver = () => signal.aborted;
    for (let delayMs = firstRoundMs; ;) {
      await pauseUntil(clock, delayMs, signal);
      if (isOver()) return;
      try {
        await this.round();
        delayMs = dayMs;
      } catch (error) {
        log.error('cannot remove what is older than is kept; again in 10 min', { error });
        delayMs = retryMs;
      }
    }
  }

  /** Once, now. */
  async round(): Promise<void> {
    const { store, daysKept, removeFolders, clock, log } = this.#options;
    const nowMs = clock.now();
    const last = await store.readState(stateKey);
    await store.writeState(stateKey, { at_ms: nowMs });
    if (!mayRemove(last, nowMs)) {
      log.warn('the clock is days from where it was last seen: nothing is removed for a day');
      return;
    }
    const pruned = await store.prune(pruneLimits(daysKept, nowMs), { dryRun: false });
    await removeFolders(pruned.folders);
    const { samples, happenings } = pruned;
    if (samples + happenings === 0) return;
    const folders = pruned.folders.length;
    log.info('removed what is older than is kept', { samples, happenings, folders });
  }
}

export function pruneLimits(daysKept: RetentionOptions['daysKept'], nowMs: number): PruneLimits {
  return {
    samplesBeforeMs: nowMs - daysKept.samples * dayMs,
    happeningsBeforeMs: nowMs - daysKept.events * dayMs,
  };
}

/**
 * A clock that jumps ahead would make everything old. A host that was off for days looks the same, and
 * loses nothing by a day more.
 */
export function mayRemove(last: unknown, nowMs: number): boolean {
  const lastMs = (last as { at_ms?: unknown } | null)?.at_ms;
  return typeof lastMs !== 'number' || Math.abs(nowMs - lastMs) < 3 * dayMs;
}
