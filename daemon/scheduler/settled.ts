/**
 * Which due instants of a job are settled, so that none is run twice although a clock may be set back:
 * all up to one instant, but for the gaps in which none was run.
 */
import { dayMs } from './calendar.ts';
import type { JobSpec } from './job-spec.ts';
import { type CatchUp, type DueRuns, missedRuns, onTimeMs } from './missed-runs.ts';
import { nextRun } from './next-run.ts';

/** What was due after `fromMs` and up to `toMs` has passed without being run. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Settled {
  /** Since when the job is due at these times: what would have been due before is not missed. */
  readonly knownSinceMs: number;
  /** Up to here every instant was run or passed by; no earlier than `knownSinceMs`. */
  readonly upToMs: number;
  /** Ascending, of the last day. */
  readonly gaps: readonly Gap[];
  /** The clock was set back before `upToMs`: what is left of the gaps is due when its time comes. */
  readonly isSetBack: boolean;
}

/** A clock that is set back further than this had been wrong before: what it settled is forgotten. */
const setBackMaxMs = dayMs;

/** Each is one downtime, or one clock that was set; what a forgotten one held stays settled. */
const gapsMax = 8;

export function settledSince(nowMs: number): Settled {
  return { knownSinceMs: nowMs, upToMs: nowMs, gaps: [], isSetBack: false };
}

/** When the job is due next, which may have passed; null when it never is. */
export function nextDue(spec: JobSpec, settled: Settled): number | null {
  return dueAfter(spec, settled, settled.isSetBack ? -Infinity : settled.upToMs);
}

/** The first due instant after this one that is not settled. */
export function dueAfter(spec: JobSpec, settled: Settled, afterMs: number): number | null {
  for (const { fromMs, toMs } of settled.gaps) {
    if (toMs <= afterMs) continue;
    const dueMs = nextRun(spec, Math.max(fromMs, afterMs));
    if (dueMs !== null && dueMs <= toMs) return dueMs;
  }
  return nextRun(spec, Math.max(settled.upToMs, afterMs));
}

/** Takes what is due by now; `settled` is how to go on. */
export function takeDue(
  spec: JobSpec,
  catchUp: CatchUp,
  settled: Settled,
  nowMs: number,
): Pick<DueRuns, 'runs' | 'missedCount'> & { readonly settled: Settled } {
  const { knownSinceMs, upToMs } = settled;
  // One that was set forward again is beyond all of them.
  const open = settled.isSetBack && nowMs <= upToMs + onTimeMs ? openGap(spec, settled) : null;
  if (open !== null) return takeFromGap(spec, catchUp, settled, open, nowMs);
  const { settledMs, ...due } = missedRuns(spec, catchUp, upToMs, knownSinceMs, nowMs);
  // What is run is always the latest of what was due.
  const missed = { fromMs: upToMs, toMs: (due.runs[0] ?? settledMs + 1) - 1 };
  const gaps = due.missedCount > 0 ? withGap(settled.gaps, missed) : settled.gaps;
  return { ...due, settled: { knownSinceMs, upToMs: settledMs, gaps, isSetBack: false } };
}

/** The first one in which something is due. */
function openGap(spec: JobSpec, { gaps }: Settled): Gap | null {
  const isOpen = ({ fromMs, toMs }: Gap): boolean => (nextRun(spec, fromMs) ?? Infinity) <= toMs;
  return gaps.find(isOpen) ?? null;
}

function takeFromGap(
  spec: JobSpec,
  catchUp: CatchUp,
  settled: Settled,
  open: Gap,
  nowMs: number,
): ReturnType<typeof takeDue> {
  const { fromMs, toMs } = open;
  const untilMs = Math.min(toMs, nowMs);
  const found = missedRuns(spec, catchUp, fromMs, settled.knownSinceMs, nowMs, untilMs);
  const { settledMs, ...due } = found;
  const later = settled.gaps.filter((gap) => gap.fromMs > fromMs);
  return { ...due, settled: { ...settled, gaps: [{ fromMs: settledMs, toMs }, ...later] } };
}

/** To be asked when the clock was set back: what was not run under it is due when its time comes. */
export function afterSetBack(settled: Settled, nowMs: number): Settled {
  const { knownSinceMs, upToMs, gaps } = settled;
  if (upToMs <= nowMs) return settled;
  if (upToMs > nowMs + setBackMaxMs) return settledSince(nowMs);
  const unknown = knownSinceMs > nowMs ? [{ fromMs: nowMs, toMs: knownSinceMs }] : [];
  const ahead = [...unknown, ...gaps]
    .filter(({ toMs }) => toMs > nowMs)
    .map(({ fromMs, toMs }) => ({ fromMs: Math.max(fromMs, nowMs), toMs }));
  return { knownSinceMs: Math.min(knownSinceMs, nowMs), upToMs, gaps: ahead, isSetBack: true };
}

/** Passes by all that was due until now, as after a pause. */
export function passBy(settled: Settled, nowMs: number): Settled {
  const { knownSinceMs, upToMs, gaps } = settled;
  if (upToMs > nowMs) return afterSetBack(settled, nowMs);
  return {
    knownSinceMs,
    upToMs: nowMs,
    isSetBack: false,
    gaps: withGap(gaps, { fromMs: upToMs, toMs: nowMs }),
  };
}

function withGap(gaps: readonly Gap[], gap: Gap): Gap[] {
  const kept = gaps.filter(({ toMs }) => toMs <= gap.fromMs && toMs > gap.toMs - setBackMaxMs);
  return [...kept, gap].slice(-gapsMax);
}
