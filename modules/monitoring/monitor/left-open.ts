import type { Clock } from '../../api/clock.ts';
import { withDeadline } from '../../api/deadline.ts';
import type { Logger } from '../../api/log.ts';
import type { MonitorStore } from '../store.ts';

export interface LeftOpenOptions {
  readonly store: Pick<MonitorStore, 'happenings' | 'history' | 'updateHappening'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

/** Of the latest episodes: one run leaves two open at most. */
const rowsMax = 20;
/** It is asked for once, at the start, and may read the samples of days. */
const storeMs = 10_000;
const stretchesMax = 1000;
const notes = 'its end was not seen: the monitor was not running when it ended';

/**
 * Ends the episodes that an earlier run has left open because it was killed, with the last sample that
 * it has left. Never rejects; what cannot be ended now is tried again at the next start.
 */
export async function endLeftOpen(options: LeftOpenOptions): Promise<void> {
  const { store, log, clock } = options;
  const startMs = clock.now();
  try {
    const kinds = ['elevated', 'critical'] as const;
    const latest = await inTime(options, store.happenings({ limit: rowsMax, kinds }));
    for (const { id, atMs, durationMs } of latest) {
      if (durationMs !== null || atMs >= startMs) continue;
      const lastMs = await lastSampleMs(options, atMs, startMs);
      await inTime(options, store.updateHappening(id, { durationMs: lastMs - atMs, notes }));
    }
  } catch (error) {
    log.warn('cannot end the episodes that an earlier run has left open', { error });
  }
}

/** To a thousandth of the span; where it begins when there is none in it. */
async function lastSampleMs(
  options: LeftOpenOptions,
  fromMs: number,
  untilMs: number,
): Promise<number> {
  const stepMs = Math.max(1, Math.ceil((untilMs - fromMs) / stretchesMax));
  const span = { fromMs, untilMs, stepMs, limit: stretchesMax };
  const rows = await inTime(options, options.store.history(span));
  const last = rows.at(-1);
  return last === undefined ? fromMs : Date.parse(last.at);
}

function inTime<V>({ clock }: LeftOpenOptions, call: Promise<V>): Promise<V> {
  return withDeadline(call, storeMs, { clock, what: 'the store' });
}
