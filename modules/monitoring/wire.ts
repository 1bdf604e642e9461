/** What was seen and kept, as it travels: in answers and in events. */
import type { ReadCapture } from './forensics/folders.ts';
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

/**
 * What all who listen get of each sample, once a second when it matters: a tenth of the whole, which
 * `stress.status` has.
 */
export function sampleInShort({ sample, stress }: StoredSample, level: StressLevel) {
  const { cpu, memory, disk } = sample;
  return {
    at: timeOf(sample.atMs),
    level,
    stress,
    interval_ms: Math.round(sample.intervalMs),
    cpu_percent: cpu.busyPercent,
    load1: cpu.load1,
    io_wait_percent: cpu.ioWaitPercent,
    steal_percent: cpu.stealPercent,
    memory_available_percent: memory.availablePercent,
    disk_read_bytes_per_second: disk.readBytesPerSecond,
    disk_written_bytes_per_second: disk.writtenBytesPerSecond,
  };
}

export function happeningOnWire(happening: Happening) {
  const { atMs, culprits, ...rest } = happening;
  return { at: timeOf(atMs), ...snakeCased(rest), culprits: snakeCased(culprits) };
}

export function captureOnWire({ path, trigger, isComplete, files }: ReadCapture) {
  return { path, trigger, is_complete: isComplete, files };
}

export function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}
