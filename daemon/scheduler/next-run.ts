/**
 * When a job is due, daylight saving included. The rule is that of Vixie cron and of croner: a fixed
 * time (`isFixedTime`) that is left out when clocks go forward is due at the end of the gap, once
 * however many of them the gap has swallowed; one that comes twice when clocks go back is due the
 * first time. All other times are due whenever the clock shows them.
 */
import { dayMs, firstMatch } from './calendar.ts';
import type { JobSpec } from './job-spec.ts';
import { type OffsetChange, zoneOf } from './zone.ts';

/** Beyond it nothing is planned. */
const endOfTimeMs = Date.UTC(9990, 0);

/** The first instant after this one at which the job is due; null when there is none. */
export function nextRun({ times, timezone }: JobSpec, afterMs: number): number | null {
  const zone = zoneOf(timezone);
  let fromMs = Math.floor(afterMs) + 1;
  while (fromMs < endOfTimeMs) {
    const change = times.isFixedTime ? zone.recentChange(fromMs) : null;
    if (change?.atMs === fromMs && hasSwallowed(change, times)) return fromMs;
    const offsetMs = zone.offsetMsAt(fromMs);
    const seekMs = change === null ? fromMs : Math.max(fromMs, endOfRepetition(change));
    const localMs = firstMatch(times, seekMs + offsetMs);
    if (localMs === null) return null;
    const dueMs = localMs - offsetMs;
    // Up to the next change the clock on the wall runs evenly; there, everything is asked anew.
    const next = zone.nextChange(fromMs, dueMs);
    if (next === null) return dueMs;
    fromMs = next.atMs;
  }
  return null;
}

/** The first `max` instants after `fromMs` and up to `toMs` (included), ascending. */
export function runsBetween(spec: JobSpec, fromMs: number, toMs: number, max: number): number[] {
  const runs: number[] = [];
  let dueMs = max > 0 ? nextRun(spec, fromMs) : null;
  while (dueMs !== null && dueMs <= toMs) {
    runs.push(dueMs);
    dueMs = runs.length < max ? nextRun(spec, dueMs) : null;
  }
  return runs;
}

/** A date that is left out as a whole, where a zone has crossed the date line, is no gap but no day. */
function hasSwallowed({ atMs, beforeMs, afterMs }: OffsetChange, times: JobSpec['times']): boolean {
  if (afterMs <= beforeMs || afterMs - beforeMs >= dayMs) return false;
  const localMs = firstMatch(times, atMs + beforeMs);
  return localMs !== null && localMs < atMs + afterMs;
}

function endOfRepetition({ atMs, beforeMs, afterMs }: OffsetChange): number {
  return atMs + beforeMs - afterMs;
}
