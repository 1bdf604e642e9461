/** What was seen and kept, as it travels: in answers and in events. */
import type { Happening } from './happening.ts';
import { snakeCased } from './snake-case.ts';
import type { StoredSample } from './store.ts';
import type { StressLevel } from './stress.ts';

export function sampleOnWire({ sample, stress, processes }: StoredSample, level: StressLevel) {
  const { atMs, intervalMs, ...figures } = sample;
  return {
    at: timeOf(atMs),
    level,
    stress,
    interval_ms: Math.round(intervalMs),
    ...snakeCased(figures),
    processes: snakeCased(processes),
  };
}

export function happeningOnWire(happening: Happening) {
  const { atMs, culprits, ...rest } = happening;
  return { at: timeOf(atMs), ...snakeCased(rest), culprits: snakeCased(culprits) };
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
