import { setImmediate, setTimeout } from 'node:timers/promises';

/** Behind by more than this, the missed bars are not made up for: the host was asleep or stalled. */
const lagMaxMs = 1000;

/**
 * When the bar after the one due at `dueMs` is due. Counted from the time that bar was due, not from
 * when it was played, so late timers do not add up.
 */
export function nextDueMs(dueMs: number, nowMs: number, intervalMs: number): number {
  const next = dueMs + intervalMs;
  return nowMs - next > lagMaxMs ? nowMs : next;
}

/** Time that tests can play. Only differences of `nowMs` mean something. */
export interface Clock {
  nowMs(): number;
  /** Resolves at the time, or as soon as the signal aborts; always lets other work go first. */
  waitUntil(dueMs: number, signal: AbortSignal): Promise<void>;
}

/** Longer timers would fire at once; what is left is waited for again. */
const timerMaxMs = 3_600_000;

/** Monotonic: setting the host's clock moves no bar. */
export const monotonicClock: Clock = {
  nowMs: () => performance.now(),
  async waitUntil(dueMs, signal) {
    await setImmediate();
    while (!signal.aborted) {
      const leftMs = dueMs - performance.now();
      if (leftMs <= 0) return;
      await timerOrAbort(Math.min(leftMs, timerMaxMs), signal);
    }
  },
};

async function timerOrAbort(delayMs: number, signal: AbortSignal): Promise<void> {
  try {
    await setTimeout(delayMs, undefined, { signal });
  } catch (error) {
    // The abort is the other way in which this wait may end.
    if (!signal.aborted) throw error;
  }
}
