/** Waiting until something that changes now and then is as it should be. */
import type { System } from '../system.ts';

export interface Changing {
  readonly system: System;
  /** Calls back after every change until the returned function is called. */
  readonly watch: (callback: () => void) => () => void;
}

/**
 * Resolves with what `check` finds, asked now and after every change; with null when the time is
 * over. Rejects with the signal's reason when that is aborted.
 */
export function until<T>(
  { system, watch }: Changing,
  check: () => T | null,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void): void => {
      timer.cancel();
      unwatch();
      signal?.removeEventListener('abort', onAbort);
      settle();
    };
    const look = (): void => {
      const found = check();
      if (found !== null) finish(() => resolve(found));
    };
    const onAbort = (): void => finish(() => reject(signal?.reason as Error));
    const timer = system.after(timeoutMs, () => finish(() => resolve(null)));
    const unwatch = watch(look);
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    else look();
  });
}
