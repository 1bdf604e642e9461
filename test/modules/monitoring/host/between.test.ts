import { expect } from 'chai';
import { describe, it } from 'mocha';
import { sampleBetween } from '../../../../modules/monitoring/host/between.ts';
import type {
  ContainerLook,
  CpuLook,
  DiskCounters,
  HostLook,
  InterfaceCounters,
  MemoryLook,
} from '../../../../modules/monitoring/host/look.ts';
import { lookAt } from './looks.ts';

const mib = 1024 * 1024;

describe('monitoring/host: what happened between two looks', () => {
  it('has levels and no rates at the first look', () => {
    const sample = sampleBetween(
      null,
      lookAt(1000, {
        cpu: cpu({ load: [3, 2, 1], contextSwitches: 10, blockedTasks: 4 }),
        memory: memory({ totalBytes: 100, availableBytes: 25, majorFaults: 7 }),
        disks: new Map([['vda', { readBytes: 1, writtenBytes: 1, busyMs: 1 }]]),
        pressure: { cpu: null, memory: null, io: { some: stall(9.35, 500), full: null } },
      }),
    );
    expect(sample.intervalMs).to.equal(0);
    expect(sample.cpu).to.deep.include({ load1: 3, load5: 2, load15: 1, blockedTasks: 4 });
    expect(sample.cpu.contextSwitchesPerSecond).to.equal(null);
    expect(sample.memory).to.deep.include({ availablePercent: 25, majorFaultsPerSecond: null });
    expect(sample.disk.readBytesPerSecond).to.equal(null);
    expect(sample.pressure.io).to.deep.equal({
      some10: 9.35,
      full10: null,
      somePercent: null,
      fullPercent: null,
    });
  });

  it('is null wherever the host tells nothing, and never 0 (row 46)', () => {
    const sample = sampleBetween(lookAt(0), lookAt(1000));
    const { atMs, intervalMs, cpu, ...rest } = sample;
    const { cores, onlineCores, ...unknown } = cpu;
    expect([atMs, intervalMs, cores, onlineCores]).to.deep.equal([1000, 1000, 2, 2]);
    expect(leaves([unknown, rest])).to.deep.equal([null]);
  });

  it('divides the time of all cores into busy, waiting, stolen and idle', () => {
    const before = { busyMs: 100, idleMs: 1000, ioWaitMs: 50, stealMs: 10 };
    const now = { busyMs: 1300, idleMs: 1400, ioWaitMs: 250, stealMs: 210 };
    const { cpu: share } = sampleBetween(
      lookAt(0, { cpu: cpu({ times: before }) }),
      lookAt(1000, { cpu: cpu({ times: now }) }),
    );
    expect(share).to.deep.include({ busyPercent: 60, ioWaitPercent: 10, stealPercent: 10 });
  });

  it('takes a step back of idle and waiting time for none, as the kernel says it happens', () => {
    const before = { busyMs: 0, idleMs: 1000, ioWaitMs: 500, stealMs: 0 };
    const now = { busyMs: 100, idleMs: 950, ioWaitMs: 450, stealMs: 100 };
    const { cpu: share } = sampleBetween(
      lookAt(0, { cpu: cpu({ times: before }) }),
      lookAt(1000, { cpu: cpu({ times: now }) }),
    );
    expect(share).to.deep.include({ busyPercent: 50, ioWaitPercent: 0, stealPercent: 50 });
  });

  it('measures the delay of tasks by the time that the cores had', () => {
    const { cpu: share } = sampleBetween(
      lookAt(0, { cpu: cpu({ runDelayMs: 100 }) }),
      lookAt(1000, { cpu: cpu({ runDelayMs: 600 }) }),
    );
    expect(share.runDelayPercent).to.equal(25);
  });

  it('adds up devices that were there at both looks, and no other', () => {
    const disk = (readBytes: number, busyMs = 0): DiskCounters => ({
      readBytes,
      writtenBytes: readBytes * 2,
      busyMs,
    });
    const sample = sampleBetween(
      lookAt(0, {
        disks: map({ vda: disk(0), vdb: disk(0, 100), gone: disk(5), anew: disk(9e9) }),
      }),
      lookAt(2000, {
        disks: map({
          vda: disk(2000),
          vdb: disk(4000, 1600),
          came: disk(9e9),
          anew: disk(1, 1900),
        }),
      }),
    );
    expect(sample.disk).to.deep.equal({
      readBytesPerSecond: 3000,
      writtenBytesPerSecond: 6000,
      busyPercent: 95,
    });
  });

  it('keeps a request that was under way for longer than the interval at 100 %', () => {
    const disk = (busyMs: number): DiskCounters => ({ readBytes: 0, writtenBytes: 0, busyMs });
    const sample = sampleBetween(
      lookAt(0, { disks: map({ vda: disk(0) }) }),
      lookAt(1000, { disks: map({ vda: disk(1004) }) }),
    );
    expect(sample.disk.busyPercent).to.equal(100);
  });

  it('adds up interfaces', () => {
    const bytes = (receivedBytes: number, sentBytes: number): InterfaceCounters => ({
      receivedBytes,
      sentBytes,
    });
    const sample = sampleBetween(
      lookAt(0, { interfaces: map({ eth0: bytes(100, 10), eth1: bytes(0, 0) }) }),
      lookAt(1000, { interfaces: map({ eth0: bytes(600, 20), eth1: bytes(500, 5) }) }),
    );
    expect(sample.network).to.deep.equal({ receivedBytesPerSecond: 1000, sentBytesPerSecond: 15 });
  });

  it('is throttled when a core counted it or the kernel cools, and not when only a core came back', () => {
    const thermal = (isHeldBack: boolean | null, counts: Record<string, number> | null) => ({
      celsius: null,
      cpuMhz: null,
      isHeldBack,
      throttleCounts: counts && new Map(Object.entries(counts)),
    });
    const throttled = (
      before: ReturnType<typeof thermal>,
      now: ReturnType<typeof thermal>,
    ): boolean | null =>
      sampleBetween(lookAt(0, { thermal: before }), lookAt(1000, { thermal: now })).thermal
        .isThrottled;
    expect(throttled(thermal(null, { a: 1 }), thermal(null, { a: 2 }))).to.equal(true);
    expect(throttled(thermal(false, { a: 1 }), thermal(false, { a: 1 }))).to.equal(false);
    expect(throttled(thermal(null, { a: 1 }), thermal(null, { a: 1, b: 900 }))).to.equal(false);
    expect(throttled(thermal(null, { a: 1 }), thermal(true, { a: 1 }))).to.equal(true);
    expect(throttled(thermal(null, null), thermal(true, null))).to.equal(true);
    expect(throttled(thermal(null, null), thermal(null, null))).to.equal(null);
    expect(throttled(thermal(null, null), thermal(null, { a: 7 }))).to.equal(null);
  });

  it('tells the share of the interval in which tasks stalled, from the totals of the kernel', () => {
    const looks = (some: number, full: number): HostLook['pressure'] => ({
      cpu: { some: stall(2, some), full: null },
      memory: null,
      io: { some: stall(8, some), full: stall(4, full) },
    });
    const { pressure } = sampleBetween(
      lookAt(0, { pressure: looks(1000, 500) }),
      lookAt(2000, { pressure: looks(2500, 600) }),
    );
    expect(pressure.cpu).to.deep.equal({
      some10: 2,
      full10: null,
      somePercent: 75,
      fullPercent: null,
    });
    expect(pressure.io).to.deep.equal({ some10: 8, full10: 4, somePercent: 75, fullPercent: 5 });
    expect(pressure.memory).to.equal(null);
  });

  it('stays within the limits of the container', () => {
    const container = (throttledMs: number, oomKills: number): ContainerLook => ({
      cpu: { quotaCores: 0.5, throttledMs },
      memory: { usedBytes: 200 * mib, maxBytes: 256 * mib, reclaimableBytes: 8 * mib, oomKills },
    });
    const machine = memory({ totalBytes: 8192 * mib, availableBytes: 4096 * mib });
    const sample = sampleBetween(
      lookAt(0, { memory: machine, container: container(100, 1) }),
      lookAt(1000, { memory: machine, container: container(400, 3) }),
    );
    expect(sample.cpu).to.deep.include({ cores: 0.5, onlineCores: 2 });
    expect(sample.memory).to.deep.include({
      totalBytes: 256 * mib,
      availableBytes: 64 * mib,
      availablePercent: 25,
    });
    expect(sample.container).to.deep.equal({
      quotaCores: 0.5,
      throttledPercent: 30,
      memoryBytes: 200 * mib,
      memoryMaxBytes: 256 * mib,
      oomKills: 2,
    });
  });

  it('has what the machine has where that is less than the limit', () => {
    const sample = sampleBetween(
      null,
      lookAt(0, {
        memory: memory({ totalBytes: 1024 * mib, availableBytes: 10 * mib }),
        container: {
          cpu: { quotaCores: 8, throttledMs: null },
          memory: { usedBytes: 0, maxBytes: 4096 * mib, reclaimableBytes: 0, oomKills: null },
        },
      }),
    );
    expect(sample.cpu.cores).to.equal(2);
    expect(sample.memory).to.deep.include({ totalBytes: 1024 * mib, availableBytes: 10 * mib });
  });

  it('has nothing left, and not less, in a container over its limit', () => {
    const sample = sampleBetween(
      null,
      lookAt(0, {
        container: {
          cpu: null,
          memory: { usedBytes: 110, maxBytes: 100, reclaimableBytes: 5, oomKills: 0 },
        },
      }),
    );
    expect(sample.memory).to.deep.include({ availableBytes: 0, availablePercent: 0 });
  });
});

function cpu(known: Partial<CpuLook>): CpuLook {
  return { ...lookAt(0).cpu, ...known };
}

function memory(known: Partial<MemoryLook>): MemoryLook {
  return { ...lookAt(0).memory, ...known };
}

function stall(average10: number, totalMs: number): { average10: number; totalMs: number } {
  return { average10, totalMs };
}

function map<Counters>(entries: Record<string, Counters>): ReadonlyMap<string, Counters> {
  return new Map(Object.entries(entries));
}

/** All different values at the ends of a tree of objects. */
function leaves(value: unknown): unknown[] {
  if (value === null || typeof value !== 'object') return [value];
  return [...new Set(Object.values(value).flatMap(leaves))];
}
