/** Linux, by its own files: proc(5), sysfs(5), cgroups(7). */
import { availableParallelism } from 'node:os';
import { sampleBetween } from '../between.ts';
import { readClocks } from '../clocks.ts';
import type { Host } from '../host.ts';
import { kernelUnits } from '../../kernel-units.ts';
import type { CpuTimes, HostLook } from '../look.ts';
import { cgroupFolders } from './cgroup-folders.ts';
import { type CgroupPlaces, readContainer } from './cgroup-limits.ts';
import { countedInterfaces } from './counted-interfaces.ts';
import { parseDiskstats } from './diskstats.ts';
import { KernelFiles } from './kernel-files.ts';
import { parseLoad } from './loadavg.ts';
import { parseMeminfo } from './meminfo.ts';
import { parseNetDev } from './net-dev.ts';
import { parsePressure } from './pressure.ts';
import {
  findProcessorPlaces,
  type ProcessorPlaces,
  readCpuMhz,
  readThrottleCounts,
} from './processor.ts';
import { parseRunDelayMs } from './schedstat.ts';
import { parseStat } from './stat.ts';
import { findThermalPlaces, readCelsius, readHeldBack, type ThermalPlaces } from './thermal.ts';
import { parseVmstat } from './vmstat.ts';
import { WholeDisks } from './whole-disks.ts';

/** Sensors, disks, groups and limits of others come and go, seldom: they are looked for now and then. */
const looksPerSearch = 60;

export class LinuxHost implements Host {
  readonly sampleBetween = sampleBetween;
  readonly #files: KernelFiles;
  readonly #disks: WholeDisks;
  readonly #units = kernelUnits();
  #places: Places | null = null;
  #looks = 0;

  /** @param root where `proc` and `sys` are */
  constructor({ root, tell }: { readonly root: string; readonly tell: (message: string) => void }) {
    this.#files = new KernelFiles(root, tell);
    this.#disks = new WholeDisks(this.#files);
  }

  look(): HostLook {
    const files = this.#files;
    const places = this.#currentPlaces();
    const clocks = readClocks();
    const stat = parseStat(files.read('/proc/stat'), this.#units.tickMs);
    const pressure = (of: 'cpu' | 'memory' | 'io'): HostLook['pressure']['cpu'] =>
      parsePressure(files.read(`/proc/pressure/${of}`), { isCpu: of === 'cpu' });
    return {
      clocks: { ...clocks, stealMs: stat.times?.stealMs ?? null, cpuTimeMs: allOf(stat.times) },
      cpu: {
        onlineCores: stat.onlineCores ?? availableParallelism(),
        load: parseLoad(files.read('/proc/loadavg')),
        times: stat.times,
        runDelayMs: parseRunDelayMs(files.read('/proc/schedstat')),
        contextSwitches: stat.contextSwitches,
        blockedTasks: stat.blockedTasks,
      },
      memory: {
        ...parseMeminfo(files.read('/proc/meminfo')),
        ...parseVmstat(files.read('/proc/vmstat'), this.#units.pageBytes),
      },
      disks: parseDiskstats(files.read('/proc/diskstats'), (name) => this.#disks.counts(name)),
      interfaces: parseNetDev(files.read('/proc/net/dev'), places.countsInterface),
      thermal: {
        celsius: readCelsius(files, places.thermal),
        cpuMhz: readCpuMhz(files, places.processor),
        isHeldBack: readHeldBack(files, places.thermal),
        throttleCounts: readThrottleCounts(files, places.processor),
      },
      pressure: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
      container: readContainer(files, places.groups),
    };
  }

  #currentPlaces(): Places {
    if (this.#looks++ % looksPerSearch === 0 || !this.#places) {
      this.#disks.forget();
      this.#places = findPlaces(this.#files);
    }
    return this.#places;
  }
}

interface Places {
  readonly thermal: ThermalPlaces;
  readonly processor: ProcessorPlaces;
  readonly groups: CgroupPlaces;
  readonly countsInterface: (name: string) => boolean;
}

function findPlaces(files: KernelFiles): Places {
  const groups = files.read('/proc/self/cgroup');
  const mounts = files.read('/proc/self/mountinfo');
  return {
    thermal: findThermalPlaces(files),
    processor: findProcessorPlaces(files),
    groups: {
      cpu: cgroupFolders('cpu', groups, mounts),
      memory: cgroupFolders('memory', groups, mounts),
    },
    countsInterface: countedInterfaces(files),
  };
}

function allOf(times: CpuTimes | null): number | null {
  return times && times.busyMs + times.idleMs + times.ioWaitMs + times.stealMs;
}
