/** Time and chance as what a module waits for sees them, so that tests play them. */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since 1970 (UTC). It may step in either direction. */
  now(): number;
  /** Milliseconds that never step back; only differences mean something. */
  monotonicMs(): number;
  /**
   * Calls back once after the delay. One that `mayBeLast` keeps the process from ending, as timers
   * do; one for tidying up does not. Default: true.
   */
  after(delayMs: number, callback: () => void, options?: { readonly mayBeLast: boolean }): Timer;
  /** A number in [0, 1). */
  random(): number;
}

/** Node fires longer timers at once. */
const timerMsMax = 2 ** 31 - 1;

export const realClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback, { mayBeLast } = { mayBeLast: true }) {
    const handle = setTimeout(callback, Math.min(Math.max(0, delayMs), timerMsMax));
    if (!mayBeLast) handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
  random: Math.random,
};

/** Resolves after the delay; rejects with the signal's reason as soon as that aborts. */
export function pause(
  clock: Pick<Clock, 'after'>,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      timer.cancel();
      reject(signal.reason as Error);
    }
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** As `pause`, but a signal that aborts only ends it: for loops, which look at the signal anyway. */
export async function pauseUntil(
  clock: Pick<Clock, 'after'>,
  delayMs: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    await pause(clock, delayMs, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
