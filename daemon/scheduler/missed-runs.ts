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

/** A clock that is set back further than this had been wrong before. */
const setBackMaxMs = dayMs;

/**
 * A clock set back never repeats a run: what is settled stays so until the clock has passed it again.
 * A clock set forward is downtime. `all` catches up with the latest runs, in their order.
 */
export function missedRuns(
  spec: JobSpec,
  catchUp: CatchUp,
  /** The latest due instant that is settled, run or not; null for a new job. */
  lastRunMs: number | null,
  /** Since when the job is due at these times: what would have been due before is not missed. */
  knownSinceMs: number,
  nowMs: number,
): DueRuns {
  const sinceMs = seekAfterMs(lastRunMs, knownSinceMs, nowMs);
  const lateUntilMs = nowMs - onTimeMs - 1;
  const onTime = runsBetween(spec, Math.max(sinceMs, lateUntilMs), nowMs, Infinity);
  const late = latestRuns(spec, sinceMs, lateUntilMs, caughtUpMax(catchUp, onTime.length));
  const countMax = late.length + missedCountMax;
  const lateCount = runsBetween(spec, sinceMs, lateUntilMs, countMax).length;
  return {
    runs: [...late, ...onTime],
    missedCount: lateCount - late.length,
    settledMs: onTime.at(-1) ?? (lateCount > 0 ? lateUntilMs : sinceMs),
  };
}

/**
 * From where the next run of a job is to be sought, as `nextRun(spec, seekAfterMs(…))`. Whoever seeks
 * has to go on with it as the job's `lastRunMs`.
 */
export function seekAfterMs(lastRunMs: number | null, knownSinceMs: number, nowMs: number): number {
  const settledMs = Math.max(lastRunMs ?? knownSinceMs, knownSinceMs);
  return settledMs > nowMs + setBackMaxMs ? nowMs : settledMs;
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
