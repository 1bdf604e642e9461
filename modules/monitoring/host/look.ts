/**
 * What one look at the host finds: levels as they are, and counters that only grow. What happened
 * comes out of the difference between two looks (`between.ts`). Null is what the host does not tell.
 */

export interface HostLook {
  readonly clocks: HostClocks;
  readonly cpu: CpuLook;
  readonly memory: MemoryLook;
  /** By the name of the device, whole devices only. */
  readonly disks: ReadonlyMap<string, DiskCounters> | null;
  /** By the name of the interface. */
  readonly interfaces: ReadonlyMap<string, InterfaceCounters> | null;
  readonly thermal: ThermalLook;
  readonly pressure: PressureLook;
  readonly container: ContainerLook | null;
}

/**
 * The same moment by every clock there is, since they part when something is wrong. On Linux:
 *
 * - while this process is stopped, all of them go on;
 * - while the host is suspended, monotonic time stands still and boot time goes on;
 * - when the clock is set, wall time jumps, alone;
 * - while a hypervisor stops the machine, processor time stands still, or steal time grows.
 */
export interface HostClocks {
  /** Milliseconds since 1970 (UTC). */
  readonly wallMs: number;
  readonly monotonicMs: number;
  /** Since boot, suspended time included, in steps of 10 ms. */
  readonly bootMs: number;
  /** What the hypervisor took, of all cores together. */
  readonly stealMs: number | null;
  /** All that the kernel accounted, of all cores together: busy, idle and stolen. */
  readonly cpuTimeMs: number | null;
}

export interface CpuLook {
  /** Those that run now. */
  readonly onlineCores: number;
  readonly load: readonly [one: number, five: number, fifteen: number] | null;
  readonly times: CpuTimes | null;
  /** For how long tasks that could run waited for a core, all added up. */
  readonly runDelayMs: number | null;
  readonly contextSwitches: number | null;
  readonly blockedTasks: number | null;
}

/** Of all cores together, since boot. */
export interface CpuTimes {
  readonly busyMs: number;
  /** This one and `ioWaitMs` may step back a little: proc_stat(5). */
  readonly idleMs: number;
  readonly ioWaitMs: number;
  readonly stealMs: number;
}

export interface MemoryLook {
  readonly totalBytes: number | null;
  readonly availableBytes: number | null;
  readonly swapUsedBytes: number | null;
  readonly majorFaults: number | null;
  readonly swapInBytes: number | null;
  readonly swapOutBytes: number | null;
}

export interface DiskCounters {
  readonly readBytes: number;
  readonly writtenBytes: number;
  /** How long it had at least one request to serve. */
  readonly busyMs: number;
}

export interface InterfaceCounters {
  readonly receivedBytes: number;
  readonly sentBytes: number;
}

export interface ThermalLook {
  readonly celsius: number | null;
  readonly cpuMhz: number | null;
  /** The kernel holds the processor back at this moment. */
  readonly isHeldBack: boolean | null;
  /** How often the processor held itself back, by the file that says so: one for each core. */
  readonly throttleCounts: ReadonlyMap<string, number> | null;
}

export interface PressureLook {
  readonly cpu: PressureCounters | null;
  readonly memory: PressureCounters | null;
  readonly io: PressureCounters | null;
}

export interface PressureCounters {
  readonly some: StallCounters;
  readonly full: StallCounters | null;
}

export interface StallCounters {
  /** Percent of the last ten seconds. */
  readonly average10: number;
  readonly totalMs: number;
}

/** Null where there is no such limit. */
export interface ContainerLook {
  readonly cpu: QuotaLook | null;
  readonly memory: MemoryLimitLook | null;
}

export interface QuotaLook {
  readonly quotaCores: number;
  /** How long the periods lasted, in all, in which the quota was used up. */
  readonly throttledMs: number | null;
}

export interface MemoryLimitLook {
  readonly usedBytes: number;
  readonly maxBytes: number;
  /** What of it the kernel can take back at once: cache. */
  readonly reclaimableBytes: number;
  readonly oomKills: number | null;
}
