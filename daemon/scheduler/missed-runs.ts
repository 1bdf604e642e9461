/**
 * What of a job falls to be run at one moment, from what was run before: downtime, a clock that was
 * set, and the ordinary timer that fires a few milliseconds late are one question.
 */
import { dayMs } from './calendar.ts';
import type { JobSpec } from './job-spec.ts';
import { runsBetween } from './next-run.ts';

export type CatchUp = 'skip' | 'once' | { readonly all: number };

export interface DueRuns {
  /** The due instants to be run now, ascending: those on time, and those caught up with. */
  readonly runs: readonly number[];
  /** How many due instants have passed and are not in `runs`; `missedCountMax` may stand for more. */
  readonly missedCount: number;
  /** Up to where all is settled: to be stored, and given as `lastRunMs` the next time. */
  readonly settledMs: number;
}

export const missedCountMax = 1000;

/** A run that is no later than this is on time and takes place under every rule. */
export const onTimeMs = 60_000;

/**
 * A clock set forward is downtime. `all` catches up with the latest runs, in their order. For clocks
 * that are set back see `settled.ts`.
 */
export function missedRuns(
  spec: JobSpec,
  catchUp: CatchUp,
  /** The latest due instant that is settled, run or not; null for a new job. */
  lastRunMs: number | null,
  /** Since when the job is due at these times: what would have been due before is not missed. */
  knownSinceMs: number,
  nowMs: number,
  /** What would be due later is not asked for. */
  untilMs = nowMs,
): DueRuns {
  const sinceMs = Math.max(lastRunMs ?? knownSinceMs, knownSinceMs);
  const onTimeSinceMs = nowMs - onTimeMs - 1;
  const lateUntilMs = Math.min(onTimeSinceMs, untilMs);
  const onTime = runsBetween(spec, Math.max(sinceMs, onTimeSinceMs), untilMs, Infinity);
  const late = latestRuns(spec, sinceMs, lateUntilMs, caughtUpMax(catchUp, onTime.length));
  const countMax = late.length + missedCountMax;
  const lateCount = runsBetween(spec, sinceMs, lateUntilMs, countMax).length;
  return {
    runs: [...late, ...onTime],
    missedCount: lateCount - late.length,
    settledMs: onTime.at(-1) ?? (lateCount > 0 ? lateUntilMs : sinceMs),
  };
}

function caughtUpMax(catchUp: CatchUp, onTimeCount: number): number {
  if (catchUp === 'skip') return 0;
  if (catchUp === 'once') return onTimeCount > 0 ? 0 : 1;
  return catchUp.all;
}

/** The last `max` instants after `fromMs` and up to `toMs`, sought from the end backwards. */
function latestRuns(spec: JobSpec, fromMs: number, toMs: number, max: number): number[] {
  if (max === 0 || toMs <= fromMs) return [];
  for (let backMs = dayMs / 24; ; backMs *= 4) {
    const startMs = Math.max(fromMs, toMs - backMs);
    const runs = runsBetween(spec, startMs, toMs, Infinity);
    if (runs.length >= max || startMs === fromMs) return runs.slice(-max);
  }
}
