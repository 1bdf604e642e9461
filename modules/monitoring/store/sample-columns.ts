/**
 * Which column of the table `samples` holds which figure of a sample: all but its time. A figure that
 * is added to the sample needs a column here, and in a new migration.
 */
import type { HostSample } from '../sample.ts';

type LeafPath<Of> = {
  [Key in keyof Of & string]: NonNullable<Of[Key]> extends number | boolean | string
    ? Key
    : `${Key}.${LeafPath<NonNullable<Of[Key]>>}`;
}[keyof Of & string];

/** Such as `pressure.cpu.some10`. */
export type SamplePath = Exclude<LeafPath<HostSample>, 'atMs'>;

export const sampleColumns: Readonly<Record<SamplePath, string>> = {
  intervalMs: 'interval_ms',
  'cpu.cores': 'cores',
  'cpu.onlineCores': 'online_cores',
  'cpu.load1': 'load_avg',
  'cpu.load5': 'load_avg5',
  'cpu.load15': 'load_avg15',
  'cpu.busyPercent': 'cpu_pct',
  'cpu.ioWaitPercent': 'io_wait_pct',
  'cpu.stealPercent': 'steal_pct',
  'cpu.runDelayPercent': 'run_delay_pct',
  'cpu.contextSwitchesPerSecond': 'context_switches',
  'cpu.blockedTasks': 'blocked_tasks',
  'memory.totalBytes': 'mem_total',
  'memory.availableBytes': 'mem_available',
  'memory.availablePercent': 'mem_available_pct',
  'memory.swapUsedBytes': 'swap_used',
  'memory.majorFaultsPerSecond': 'major_faults',
  'memory.swapInBytesPerSecond': 'swap_in',
  'memory.swapOutBytesPerSecond': 'swap_out',
  'disk.readBytesPerSecond': 'io_read',
  'disk.writtenBytesPerSecond': 'io_write',
  'disk.busyPercent': 'io_busy_pct',
  'network.sentBytesPerSecond': 'net_sent',
  'network.receivedBytesPerSecond': 'net_recv',
  'thermal.celsius': 'cpu_temp',
  'thermal.cpuMhz': 'cpu_freq',
  'thermal.isThrottled': 'throttled',
  'pressure.cpu.some10': 'psi_cpu_some10',
  'pressure.cpu.full10': 'psi_cpu_full10',
  'pressure.cpu.somePercent': 'psi_cpu_some_pct',
  'pressure.cpu.fullPercent': 'psi_cpu_full_pct',
  'pressure.memory.some10': 'psi_memory_some10',
  'pressure.memory.full10': 'psi_memory_full10',
  'pressure.memory.somePercent': 'psi_memory_some_pct',
  'pressure.memory.fullPercent': 'psi_memory_full_pct',
  'pressure.io.some10': 'psi_io_some10',
  'pressure.io.full10': 'psi_io_full10',
  'pressure.io.somePercent': 'psi_io_some_pct',
  'pressure.io.fullPercent': 'psi_io_full_pct',
  'container.quotaCores': 'container_cores',
  'container.throttledPercent': 'container_throttled_pct',
  'container.memoryBytes': 'container_mem',
  'container.memoryMaxBytes': 'container_mem_max',
  'container.oomKills': 'container_oom_kills',
};

export const samplePaths = Object.keys(sampleColumns) as SamplePath[];

/** Null where the sample does not have it, as one that an older program has written. */
export function figureAt(sample: HostSample, path: SamplePath): number | boolean | null {
  let value: unknown = sample;
  for (const key of path.split('.')) {
    value = (value as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  }
  return (value ?? null) as number | boolean | null;
}

/** The sample that has these figures. */
export function sampleOf(
  atMs: number,
  figure: (path: SamplePath) => number | boolean | null,
): HostSample {
  const sample: Record<string, unknown> = { atMs };
  for (const path of samplePaths) put(sample, path.split('.'), figure(path));
  const pressure = sample['pressure'] as Record<string, unknown>;
  for (const source of ['cpu', 'memory', 'io']) pressure[source] = unlessUnknown(pressure[source]);
  sample['container'] = unlessUnknown(sample['container']);
  return sample as unknown as HostSample;
}

function put(into: Record<string, unknown>, [key = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[key] = value;
  else put((into[key] ??= {}) as Record<string, unknown>, rest, value);
}

/** A part of which nothing is known is null as a whole. */
function unlessUnknown(part: unknown): unknown {
  return Object.values(part as object).every((value) => value === null) ? null : part;
}
