/**
 * What is known of the host at one moment. A level is as it is now, a rate goes from the sample before
 * to this one. Null is what this host does not tell, and what only a second sample can tell; a zero was
 * measured.
 */

export interface HostSample {
  /** Wall clock, milliseconds since 1970 (UTC). */
  readonly atMs: number;
  /** Since the sample before, by the monotonic clock; 0 for the first. */
  readonly intervalMs: number;
  readonly cpu: CpuSample;
  readonly memory: MemorySample;
  readonly disk: DiskSample;
  readonly network: NetworkSample;
  readonly thermal: ThermalSample;
  readonly pressure: PressureSample;
  /** Null outside of a container, and where it has no limits of its own. */
  readonly container: ContainerSample | null;
}

export interface CpuSample {
  /** What may be used: the cores that are online, or the container's quota, which may be half a core. */
  readonly cores: number;
  /** All that are online on this machine: what its load averages have to be measured by. */
  readonly onlineCores: number;
  readonly load1: number | null;
  readonly load5: number | null;
  readonly load15: number | null;
  /** Of all cores together, 0 to 100, as all percentages here. */
  readonly busyPercent: number | null;
  readonly ioWaitPercent: number | null;
  /** Taken by the hypervisor for others. */
  readonly stealPercent: number | null;
  /** How long runnable tasks waited for a core, as a share of the time that the cores had. */
  readonly runDelayPercent: number | null;
  readonly contextSwitchesPerSecond: number | null;
  /** Tasks that wait for a device now. */
  readonly blockedTasks: number | null;
}

export interface MemorySample {
  readonly totalBytes: number | null;
  /** What new programs may have without swapping; within the container's limit where there is one. */
  readonly availableBytes: number | null;
  readonly availablePercent: number | null;
  readonly swapUsedBytes: number | null;
  readonly majorFaultsPerSecond: number | null;
  readonly swapInBytesPerSecond: number | null;
  readonly swapOutBytesPerSecond: number | null;
}

export interface DiskSample {
  /** Whole devices, partitions and mapped devices not counted again. */
  readonly readBytesPerSecond: number | null;
  readonly writtenBytesPerSecond: number | null;
  /** Of the busiest device. */
  readonly busyPercent: number | null;
}

export interface NetworkSample {
  /** Interfaces of hardware; where there are none, as in a container, all but loopback. */
  readonly sentBytesPerSecond: number | null;
  readonly receivedBytesPerSecond: number | null;
}

export interface ThermalSample {
  /** Of the hottest zone. */
  readonly celsius: number | null;
  /** The mean of all cores. */
  readonly cpuMhz: number | null;
  /** The processor was slowed down because it was hot. */
  readonly isThrottled: boolean | null;
}

/** Pressure stall information: docs.kernel.org/accounting/psi.html. Null on a kernel without it. */
export interface PressureSample {
  readonly cpu: Pressure | null;
  readonly memory: Pressure | null;
  readonly io: Pressure | null;
}

export interface Pressure {
  /** The kernel's average of ten seconds: some task waited. */
  readonly some10: number;
  /** … all tasks waited. */
  readonly full10: number | null;
  /** The share of this interval in which some, and all, waited, from the kernel's totals. */
  readonly somePercent: number | null;
  readonly fullPercent: number | null;
}

/** The control group that we are in: docs.kernel.org/admin-guide/cgroup-v2.html. */
export interface ContainerSample {
  readonly quotaCores: number | null;
  /** The share of the interval in which it had used up its quota. */
  readonly throttledPercent: number | null;
  readonly memoryBytes: number | null;
  readonly memoryMaxBytes: number | null;
  /** Processes that were killed for want of memory since the sample before. */
  readonly oomKills: number | null;
}

/** One process in one look, with its rates since the look before. */
export interface ProcessShare {
  readonly pid: number;
  /** Since boot, in the kernel's ticks: with the pid and the boot it names a process for ever. */
  readonly startTicks: number;
  readonly name: string;
  /** One letter, as in proc(5): `D` waits for a device and cannot be interrupted. */
  readonly state: string;
  /** The module that it belongs to; null for what is not ours, `superbot` for daemon and keeper. */
  readonly module: string | null;
  /** 100 is one core. */
  readonly cpuPercent: number | null;
  /** Of the time, in which it was runnable and had no core. */
  readonly waitPercent: number | null;
  readonly memoryBytes: number;
  readonly memoryPercent: number | null;
  /** Null for processes of others, unless we run as root. */
  readonly readBytesPerSecond: number | null;
  readonly writtenBytesPerSecond: number | null;
  readonly majorFaultsPerSecond: number | null;
  /** Its name is among those that are always listed. */
  readonly isSuspect: boolean;
}
