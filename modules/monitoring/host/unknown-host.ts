/** A platform without a reader: the clocks run, and nothing else is known. */
import { availableParallelism } from 'node:os';
import { sampleBetween } from './between.ts';
import { readClocks } from './clocks.ts';
import type { Host } from './host.ts';

export const unknownHost: Host = {
  look: () => ({
    clocks: { ...readClocks(), stealMs: null, cpuTimeMs: null },
    cpu: {
      onlineCores: availableParallelism(),
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
  }),
  sampleBetween,
};
