/**
 * Windows: times of the day between which something is wanted. One that ends on the next day belongs
 * to the day on which it opens. Daylight saving as for jobs with a fixed time: an edge that is left out
 * comes at the end of the gap, one that would come twice comes the first time.
 */
import { dayMs, minuteMs, weekdayOf } from './calendar.ts';
import { minuteOf } from './job-spec.ts';
import { type Zone, zoneOf } from './zone.ts';

export interface Window {
  /** Minutes after midnight. */
  readonly startMinute: number;
  /** Lower than `startMinute` when the window ends on the next day. */
  readonly stopMinute: number;
  /** The days on which it opens: 1 (Monday) to 7. */
  readonly days: readonly number[];
  readonly timezone: string;
}

export interface WindowState {
  readonly open: boolean;
  /** When it will open or close next; null when it has no days. */
  readonly nextEdgeMs: number | null;
}

/** `start` and `stop` are `HH:MM`, as the configuration's schema has let them pass. */
export function windowOf(
  start: string,
  stop: string,
  days: readonly number[],
  timezone: string,
): Window {
  return { startMinute: minuteOf(start), stopMinute: minuteOf(stop), days, timezone };
}

/** The weekday that comes next may be one that a zone has left out in crossing the date line. */
const searchDays = 15;

/** Open from its start (included) to its stop (excluded). */
export function windowAt(window: Window, nowMs: number): WindowState {
  const zone = zoneOf(window.timezone);
  const today = Math.floor((nowMs + zone.offsetMsAt(nowMs)) / dayMs);
  let openUntilMs: number | null = null;
  for (let day = today - 2; day <= today + searchDays; day++) {
    if (!window.days.includes(weekdayOf(day))) continue;
    const { startMs, stopMs } = spanOn(day, window, zone);
    // Both edges may fall into the same gap: then it is not open on that day.
    if (stopMs <= nowMs || stopMs <= startMs) continue;
    if (openUntilMs !== null && startMs > openUntilMs) break;
    if (openUntilMs === null && startMs > nowMs) return { open: false, nextEdgeMs: startMs };
    openUntilMs = stopMs;
  }
  return { open: openUntilMs !== null, nextEdgeMs: openUntilMs };
}

function spanOn(day: number, { startMinute, stopMinute }: Window, zone: Zone) {
  const lastDay = stopMinute > startMinute ? day : day + 1;
  return {
    startMs: zone.instantOf(day * dayMs + startMinute * minuteMs),
    stopMs: zone.instantOf(lastDay * dayMs + stopMinute * minuteMs),
  };
}
