// Looks for tests: a machine of which nothing is known, and what a test knows of it.
import type { HostLook } from '../../../../modules/monitoring/host/look.ts';

/** @param atMs since boot, by each clock */
export function lookAt(atMs: number, known: Partial<HostLook> = {}): HostLook {
  return {
    clocks: { wallMs: atMs, monotonicMs: atMs, bootMs: atMs, stealMs: null, cpuTimeMs: null },
    cpu: {
      onlineCores: 2,
      load: null,
      times: null,
      runDelayMs: null,
      contextSwitches: null,
      blockedTasks: null,
    },
    memory: {
      totalBytes: null,
      availableBytes: null,
      swapUsedBytes: null,
      majorFaults: null,
      swapInBytes: null,
      swapOutBytes: null,
    },
    disks: null,
    interfaces: null,
    thermal: { celsius: null, cpuMhz: null, isHeldBack: null, throttleCounts: null },
    pressure: { cpu: null, memory: null, io: null },
    container: null,
    ...known,
  };
}
