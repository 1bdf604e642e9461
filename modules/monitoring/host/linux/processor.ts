/**
 * How fast the processor runs, and how often it held itself back: cpufreq
 * (docs.kernel.org/admin-guide/pm/cpufreq.html) and the throttle counters of x86
 * (Documentation/ABI/testing/sysfs-devices-system-cpu). A virtual machine has neither.
 */
import { figureOf } from './figures.ts';
import type { KernelFiles } from './kernel-files.ts';

const cpus = '/sys/devices/system/cpu';

export interface ProcessorPlaces {
  /** Files with kilohertz, one for each set of cores that change together. */
  readonly frequencies: readonly string[];
  readonly throttleCounts: readonly string[];
}

export function findProcessorPlaces(files: KernelFiles): ProcessorPlaces {
  const folders = files.list(cpus).filter((name) => /^cpu\d+$/.test(name));
  const packages = new Map(
    folders.map((name) => [files.read(`${cpus}/${name}/topology/physical_package_id`), name]),
  );
  return {
    frequencies: files
      .list(`${cpus}/cpufreq`)
      .filter((name) => name.startsWith('policy'))
      .map((name) => `${cpus}/cpufreq/${name}/scaling_cur_freq`),
    throttleCounts: [
      ...folders.map((name) => `${cpus}/${name}/thermal_throttle/core_throttle_count`),
      // The same for each core of a package, so one of them tells.
      ...[...packages.values()].map(
        (name) => `${cpus}/${name}/thermal_throttle/package_throttle_count`,
      ),
    ].filter((path) => files.read(path) !== null),
  };
}

/** The mean. */
export function readCpuMhz(files: KernelFiles, places: ProcessorPlaces): number | null {
  const known = places.frequencies
    .map((path) => figureOf(files.read(path)))
    .filter((figure) => figure !== null);
  if (known.length === 0) return null;
  return Math.round(known.reduce((sum, khz) => sum + khz, 0) / known.length / 1000);
}

/** By file; null where nothing counts. */
export function readThrottleCounts(
  files: KernelFiles,
  places: ProcessorPlaces,
): ReadonlyMap<string, number> | null {
  const counts = new Map<string, number>();
  for (const path of places.throttleCounts) {
    const count = figureOf(files.read(path));
    if (count !== null) counts.set(path, count);
  }
  return counts.size === 0 ? null : counts;
}
