/** What is remembered of the schedule in `state.json`. */
import * as z from 'zod';
import { wanted } from '../../rpc/shapes.ts';
import { jobResult } from '../../rpc/shapes-schedule.ts';
import type { Settled } from './settled.ts';

const time = z.iso.datetime();

export const jobMemory = z.object({
  /** When it is due, as it was written: with another spec nothing of before was missed. */
  spec: z.string(),
  /** Since when it has this spec. */
  known_since: time,
  /** The latest instant at which it was due and that nobody has to look at again. */
  settled: time.nullable(),
  /** Before it, where nothing was run: due after all when the clock is set back. */
  gaps: z.array(z.object({ from: time, to: time })).default([]),
  last_run: time.nullable(),
  last_result: jobResult.nullable(),
  paused: z.boolean(),
});
export type JobMemory = z.infer<typeof jobMemory>;

export const hoursMemory = z.object({
  spec: z.string(),
  /** Every edge up to here has been looked at. */
  seen: time,
  claim: wanted,
});
export type HoursMemory = Readonly<z.infer<typeof hoursMemory>>;

export const scheduleMemory = z.object({
  jobs: z.record(z.string(), jobMemory),
  /** Of the trading window; null when there is none. */
  hours: hoursMemory.nullable(),
});
export type ScheduleMemory = Readonly<z.infer<typeof scheduleMemory>>;

export const blankScheduleMemory: ScheduleMemory = { jobs: {}, hours: null };

/** @param known what was remembered under its name, perhaps with another spec */
export function jobMemoryFor(spec: string, known: JobMemory | null, nowMs: number): JobMemory {
  if (known?.spec === spec) return { ...known };
  const { last_run = null, last_result = null, paused = false } = known ?? {};
  const known_since = iso(nowMs);
  return { spec, known_since, settled: null, gaps: [], last_run, last_result, paused };
}

export function settledOf({ known_since, settled, gaps }: JobMemory): Settled {
  const knownSinceMs = Date.parse(known_since);
  return {
    knownSinceMs,
    upToMs: Math.max(settled === null ? knownSinceMs : Date.parse(settled), knownSinceMs),
    gaps: gaps.map(({ from, to }) => ({ fromMs: Date.parse(from), toMs: Date.parse(to) })),
    isSetBack: false,
  };
}

/** All but `settled`, which is written when what waits is no longer lost with the daemon. */
export function rememberedOf({
  knownSinceMs,
  gaps,
}: Settled): Pick<JobMemory, 'known_since' | 'gaps'> {
  return {
    known_since: iso(knownSinceMs),
    gaps: gaps.map(({ fromMs, toMs }) => ({ from: iso(fromMs), to: iso(toMs) })),
  };
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
