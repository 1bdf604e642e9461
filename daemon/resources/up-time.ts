/** How long a module ran within a span of time, out of its journal. Pure. */
import type { StoredEntry } from '../../rpc/journal-files.ts';

export interface UpTime {
  /** Running and ready. */
  readonly upMs: number;
  /** How much of the span the journal tells about. */
  readonly observedMs: number;
}

export interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
}

/**
 * @param entries oldest first, also those before the span
 * @param lastSeenMs when it was last seen before this moment, for want of an entry; null when never
 */
export function upTimeIn(
  { sinceMs, untilMs }: Span,
  entries: readonly StoredEntry[],
  lastSeenMs: (beforeMs: number) => number | null,
): UpTime {
  const within = (fromMs: number, toMs: number): number =>
    Math.max(0, Math.min(toMs, untilMs) - Math.max(fromMs, sinceMs));
  let [upMs, observedMs] = [0, 0];
  let state: string | null = null;
  let [fromMs, launchedMs] = [sinceMs, -Infinity];
  const endOfState = (atMs: number): void => {
    if (state !== null) observedMs += within(fromMs, atMs);
    if (state === 'running') upMs += within(fromMs, atMs);
    fromMs = Math.max(fromMs, atMs);
  };
  for (const { time, kind, data } of entries) {
    const atMs = Date.parse(time);
    if (Number.isNaN(atMs)) continue;
    if (kind === 'exit' && state === 'running') {
      // Of what ended while no daemon was there it is told later.
      const lived = typeof data['uptime'] === 'number' ? data['uptime'] * 1000 : Infinity;
      endOfState(Math.max(fromMs, Math.min(atMs, launchedMs + lived)));
      state = 'ended';
    } else if (kind === 'machine' && state === 'running') {
      // When the machine went down nobody saw.
      endOfState(Math.max(fromMs, lastSeenMs(atMs) ?? fromMs));
      [state, fromMs] = [null, atMs];
    }
    const next = data['state'];
    if (typeof next !== 'string') continue;
    if (data['event'] === 'launch') launchedMs = atMs;
    // A new daemon that takes it over does not interrupt it.
    if (next === state) continue;
    endOfState(atMs);
    [state, fromMs] = [next, atMs];
  }
  endOfState(untilMs);
  return { upMs, observedMs };
}
