import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import { nextCycleMs } from './schedule.ts';

/** What a collector has done since it was made. A plain object. */
export interface CollectorStats {
  /** Of the last cycle that succeeded: ISO 8601, UTC. */
  readonly last_collect_ts: string | null;
  readonly total_items: number;
  readonly error_count: number;
  readonly last_error: string | null;
}

export interface PollingCollector {
  /** One cycle: how many rows it stored. Does not throw: 0 on failure, which its stats tell. */
  collectOnce(signal: AbortSignal): Promise<number>;
  readonly stats: CollectorStats;
}

export interface Polling {
  readonly name: string;
  readonly collector: PollingCollector;
  readonly intervalMs: number;
}

export interface PollingOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** A cycle has thrown, though none should. */
  readonly onError: (error: unknown) => void;
}

/**
 * Cycle after cycle, at once and then every interval, until the signal aborts: then the cycle under
 * way is the last, and hears of it by the same signal. One that fails is logged, and the next comes
 * in its time.
 */
export async function poll(
  { name, collector, intervalMs }: Polling,
  { clock, log, onError }: PollingOptions,
  signal: AbortSignal,
): Promise<void> {
  const startMs = clock.monotonicMs();
  const isOver = () => signal.aborted;
  while (!isOver()) {
    try {
      const items = await collector.collectOnce(signal);
      if (!isOver()) log.debug(`${name}: collected ${items} items`);
    } catch (error) {
      // What the end itself breaks off has not failed.
      if (isOver()) return;
      log.error(`${name}: collection error`, { error });
      onError(error);
    }
    const nowMs = clock.monotonicMs();
    await pauseUntil(clock, nextCycleMs(startMs, intervalMs, nowMs) - nowMs, signal);
  }
}
