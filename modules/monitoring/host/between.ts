/** What happened between two looks. Pure. */
import type {
  ContainerSample,
  CpuSample,
  DiskSample,
  HostSample,
  MemorySample,
  NetworkSample,
  Pressure,
  ThermalSample,
} from '../sample.ts';
import type {
  ContainerLook,
  CpuTimes,
  DiskCounters,
  HostLook,
  PressureCounters,
  ThermalLook,
} from './look.ts';
import { grown, percentOf, perSecond, sum } from './rates.ts';

/** @param before null when there was none: then there are levels, and no rates. */
export function sampleBetween(before: HostLook | null, now: HostLook): HostSample {
  const intervalMs = before ? now.clocks.monotonicMs - before.clocks.monotonicMs : 0;
  const pressure = (of: keyof HostLook['pressure']): Pressure | null =>
    pressureOf(before?.pressure[of] ?? null, now.pressure[of], intervalMs);
  return {
    atMs: now.clocks.wallMs,
    intervalMs,
    cpu: cpuOf(before, now, intervalMs),
    memory: memoryOf(before, now, intervalMs),
    disk: diskOf(before?.disks ?? null, now.disks, intervalMs),
    network: networkOf(before?.interfaces ?? null, now.interfaces, intervalMs),
    thermal: thermalOf(before?.thermal ?? null, now.thermal),
    pressure: { cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') },
    container: containerOf(before?.container ?? null, now.container, intervalMs),
  };
}

function cpuOf(before: HostLook | null, now: HostLook, intervalMs: number): CpuSample {
  const { onlineCores, load, blockedTasks } = now.cpu;
  const runDelayMs = grown(before?.cpu.runDelayMs, now.cpu.runDelayMs);
  return {
    cores: Math.min(onlineCores, now.container?.cpu?.quotaCores ?? onlineCores),
    onlineCores,
    load1: load?.[0] ?? null,
    load5: load?.[1] ?? null,
    load15: load?.[2] ?? null,
    ...sharesOf(before?.cpu.times ?? null, now.cpu.times),
    runDelayPercent: percentOf(runDelayMs, intervalMs * onlineCores),
    contextSwitchesPerSecond: perSecond(
      grown(before?.cpu.contextSwitches, now.cpu.contextSwitches),
      intervalMs,
    ),
    blockedTasks,
  };
}

function sharesOf(
  before: CpuTimes | null,
  now: CpuTimes | null,
): Pick<CpuSample, 'busyPercent' | 'ioWaitPercent' | 'stealPercent'> {
  const busyMs = grown(before?.busyMs, now?.busyMs);
  const stealMs = grown(before?.stealMs, now?.stealMs);
  if (!before || !now || busyMs === null || stealMs === null)
    return { busyPercent: null, ioWaitPercent: null, stealPercent: null };
  const ioWaitMs = Math.max(0, now.ioWaitMs - before.ioWaitMs);
  const totalMs = busyMs + stealMs + ioWaitMs + Math.max(0, now.idleMs - before.idleMs);
  return {
    busyPercent: percentOf(busyMs, totalMs),
    ioWaitPercent: percentOf(ioWaitMs, totalMs),
    stealPercent: percentOf(stealMs, totalMs),
  };
}

function memoryOf(before: HostLook | null, now: HostLook, intervalMs: number): MemorySample {
  const limit = now.container?.memory ?? null;
  // A group may be over its limit for a moment.
  const roomBytes = limit
    ? Math.max(0, limit.maxBytes - limit.usedBytes + limit.reclaimableBytes)
    : null;
  const totalBytes = least(now.memory.totalBytes, limit?.maxBytes ?? null);
  const availableBytes = least(now.memory.availableBytes, roomBytes);
  const rate = (of: 'majorFaults' | 'swapInBytes' | 'swapOutBytes'): number | null =>
    perSecond(grown(before?.memory[of], now.memory[of]), intervalMs);
  return {
    totalBytes,
    availableBytes,
    availablePercent: percentOf(availableBytes, totalBytes ?? 0),
    swapUsedBytes: now.memory.swapUsedBytes,
    majorFaultsPerSecond: rate('majorFaults'),
    swapInBytesPerSecond: rate('swapInBytes'),
    swapOutBytesPerSecond: rate('swapOutBytes'),
  };
}

function diskOf(before: HostLook['disks'], now: HostLook['disks'], intervalMs: number): DiskSample {
  const rises = (of: keyof DiskCounters): number[] =>
    risesOf(before, now, (counters) => counters[of]);
  const busyMs = rises('busyMs');
  return {
    readBytesPerSecond: perSecond(sum(rises('readBytes')), intervalMs),
    writtenBytesPerSecond: perSecond(sum(rises('writtenBytes')), intervalMs),
    busyPercent: busyMs.length === 0 ? null : percentOf(Math.max(...busyMs), intervalMs),
  };
}

function networkOf(
  before: HostLook['interfaces'],
  now: HostLook['interfaces'],
  intervalMs: number,
): NetworkSample {
  const received = risesOf(before, now, ({ receivedBytes }) => receivedBytes);
  const sent = risesOf(before, now, ({ sentBytes }) => sentBytes);
  return {
    sentBytesPerSecond: perSecond(sum(sent), intervalMs),
    receivedBytesPerSecond: perSecond(sum(received), intervalMs),
  };
}

/** Of each that was there at both looks; one whose counters began anew meanwhile is left out. */
function risesOf<Counters>(
  before: ReadonlyMap<string, Counters> | null,
  now: ReadonlyMap<string, Counters> | null,
  counter: (of: Counters) => number,
): number[] {
  return [...(now ?? [])].flatMap(([name, is]) => {
    const was = before?.get(name);
    const rise = was === undefined ? null : grown(counter(was), counter(is));
    return rise === null ? [] : [rise];
  });
}

function thermalOf(before: ThermalLook | null, now: ThermalLook): ThermalSample {
  // Core by core, since one that comes online brings its count along.
  const throttles = sum(
    risesOf(before?.throttleCounts ?? null, now.throttleCounts, (count) => count),
  );
  return {
    celsius: now.celsius,
    cpuMhz: now.cpuMhz,
    isThrottled: throttles === null ? now.isHeldBack : throttles > 0 || now.isHeldBack === true,
  };
}

function pressureOf(
  before: PressureCounters | null,
  now: PressureCounters | null,
  intervalMs: number,
): Pressure | null {
  if (!now) return null;
  return {
    some10: now.some.average10,
    full10: now.full?.average10 ?? null,
    somePercent: percentOf(grown(before?.some.totalMs, now.some.totalMs), intervalMs),
    fullPercent: percentOf(grown(before?.full?.totalMs, now.full?.totalMs), intervalMs),
  };
}

function containerOf(
  before: ContainerLook | null,
  now: ContainerLook | null,
  intervalMs: number,
): ContainerSample | null {
  if (!now) return null;
  const throttledMs = grown(before?.cpu?.throttledMs, now.cpu?.throttledMs);
  return {
    quotaCores: now.cpu?.quotaCores ?? null,
    throttledPercent: percentOf(throttledMs, intervalMs),
    memoryBytes: now.memory?.usedBytes ?? null,
    memoryMaxBytes: now.memory?.maxBytes ?? null,
    oomKills: grown(before?.memory?.oomKills, now.memory?.oomKills),
  };
}

/** Of what is known. */
function least(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}
