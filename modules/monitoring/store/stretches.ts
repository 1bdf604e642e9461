/** Samples made few: what those of each stretch of time have in common. */
import type { HostSample } from '../sample.ts';
import type { HistorySpan, StoredSample } from '../store.ts';
import { type Stress, type StressPart, stressParts } from '../stress.ts';
import type { HistoryRow } from './history-row.ts';
import { figureAt, type SamplePath } from './sample-columns.ts';

type MeanName = {
  [Name in keyof HistoryRow]: HistoryRow[Name] extends number | null
    ? null extends HistoryRow[Name]
      ? Name
      : never
    : never;
}[keyof HistoryRow];

/** Which figure of a sample each mean is of. */
export const means: Readonly<Record<MeanName, SamplePath>> = {
  cpu_percent: 'cpu.busyPercent',
  load1: 'cpu.load1',
  io_wait_percent: 'cpu.ioWaitPercent',
  steal_percent: 'cpu.stealPercent',
  memory_available_percent: 'memory.availablePercent',
  memory_available_bytes: 'memory.availableBytes',
  swap_used_bytes: 'memory.swapUsedBytes',
  disk_read_bytes_per_second: 'disk.readBytesPerSecond',
  disk_written_bytes_per_second: 'disk.writtenBytesPerSecond',
  network_sent_bytes_per_second: 'network.sentBytesPerSecond',
  network_received_bytes_per_second: 'network.receivedBytesPerSecond',
  celsius: 'thermal.celsius',
  cpu_mhz: 'thermal.cpuMhz',
  pressure_cpu_percent: 'pressure.cpu.somePercent',
  pressure_memory_percent: 'pressure.memory.somePercent',
  pressure_io_percent: 'pressure.io.somePercent',
};
export const meanNames = Object.keys(means) as MeanName[];

/** The total and its parts, in the order in which peaks are compared. */
export type StressFigures = readonly number[];
export const stressNames = ['total', ...stressParts] as const;

export function stressFigures({ total, parts }: Stress): StressFigures {
  return [total, ...stressParts.map((part) => parts[part])];
}

/** What is known of one stretch. */
export interface StretchSummary {
  readonly atMs: number;
  readonly samples: number;
  readonly peak: StressFigures;
  readonly intervalMsMax: number;
  readonly isThrottled: boolean | null;
  readonly mean: (name: MeanName) => number | null;
}

export function historyRow(summary: StretchSummary): HistoryRow {
  const stress = Object.fromEntries(
    stressNames.map((name, index) => [`stress_${name}`, summary.peak[index] ?? 0]),
  ) as Record<`stress_${'total' | StressPart}`, number>;
  const figures = Object.fromEntries(
    meanNames.map((name) => [name, thousandths(summary.mean(name))]),
  ) as Record<MeanName, number | null>;
  return {
    at: new Date(summary.atMs).toISOString(),
    samples: summary.samples,
    ...stress,
    interval_ms_max: summary.intervalMsMax,
    ...figures,
    is_throttled: summary.isThrottled,
  };
}

/** All samples as one stretch. */
export function oneRow(
  samples: readonly Pick<StoredSample, 'sample' | 'stress'>[],
  atMs: number,
): HistoryRow {
  const stretch = new Stretch(atMs);
  for (const { sample, stress } of samples) stretch.add(sample, stress);
  return historyRow(stretch);
}

/** Takes samples in any order. Bounded by the stretches of its span, and by its limit. */
export class Stretches {
  readonly #span: HistorySpan;
  readonly #byIndex = new Map<number, Stretch>();

  constructor(span: HistorySpan) {
    this.#span = span;
  }

  add({ sample, stress }: Pick<StoredSample, 'sample' | 'stress'>): void {
    const { fromMs, untilMs, stepMs } = this.#span;
    if (sample.atMs < fromMs || sample.atMs >= untilMs) return;
    const index = Math.floor((sample.atMs - fromMs) / stepMs);
    let stretch = this.#byIndex.get(index);
    if (stretch === undefined) {
      stretch = new Stretch(fromMs + index * stepMs);
      this.#byIndex.set(index, stretch);
    }
    stretch.add(sample, stress);
  }

  /** Whether whatever comes later than this could not change the rows. */
  isFullBefore(atMs: number): boolean {
    const { fromMs, stepMs, limit } = this.#span;
    if (this.#byIndex.size < limit) return false;
    const ends = [...this.#byIndex.keys()].sort((one, other) => one - other);
    return fromMs + ((ends[limit - 1] ?? 0) + 1) * stepMs <= atMs;
  }

  rows(): HistoryRow[] {
    return [...this.#byIndex]
      .sort(([one], [other]) => one - other)
      .slice(0, this.#span.limit)
      .map(([, stretch]) => historyRow(stretch));
  }
}

class Stretch implements StretchSummary {
  readonly atMs: number;
  samples = 0;
  peak: StressFigures = [];
  intervalMsMax = 0;
  isThrottled: boolean | null = null;
  readonly #sums = new Map<MeanName, { sum: number; count: number }>();

  constructor(atMs: number) {
    this.atMs = atMs;
  }

  add(sample: HostSample, stress: Stress): void {
    this.samples += 1;
    const figures = stressFigures(stress);
    if (isHigher(figures, this.peak)) this.peak = figures;
    this.intervalMsMax = Math.max(this.intervalMsMax, sample.intervalMs);
    const isThrottled = figureAt(sample, 'thermal.isThrottled');
    if (typeof isThrottled === 'boolean')
      this.isThrottled = this.isThrottled === true || isThrottled;
    for (const name of meanNames) {
      const value = figureAt(sample, means[name]);
      if (typeof value !== 'number') continue;
      const sum = this.#sums.get(name);
      if (sum === undefined) this.#sums.set(name, { sum: value, count: 1 });
      else {
        sum.sum += value;
        sum.count += 1;
      }
    }
  }

  mean(this: Stretch, name: MeanName): number | null {
    const sum = this.#sums.get(name);
    return sum === undefined ? null : sum.sum / sum.count;
  }
}

/** By the total, then part by part, as PostgreSQL compares arrays. */
function isHigher(figures: StressFigures, before: StressFigures): boolean {
  for (const [index, value] of figures.entries()) {
    const other = before[index] ?? -1;
    if (value !== other) return value > other;
  }
  return false;
}

function thousandths(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1000) / 1000;
}
