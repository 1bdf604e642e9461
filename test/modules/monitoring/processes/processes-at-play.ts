// Processes that no kernel runs, for tests of what is made of them.
import type { ProcessCounters } from '../../../../modules/monitoring/processes/counters.ts';
import type { ProcessShare } from '../../../../modules/monitoring/sample.ts';

export function countersOf(given: Partial<ProcessCounters> & { pid: number }): ProcessCounters {
  return {
    atMs: 0,
    parentPid: 1,
    startTicks: given.pid * 10,
    name: 'worker',
    state: 'S',
    isKernel: false,
    ownTicks: 0,
    reapedTicks: 0,
    majorFaults: 0,
    residentPages: 1,
    threads: 1,
    waiting: { ranNs: 0, delayNs: 0 },
    io: { readBytes: 0, writtenBytes: 0 },
    ...given,
  };
}

export function tableOf(
  ...processes: readonly (Partial<ProcessCounters> & { pid: number })[]
): ReadonlyMap<number, ProcessCounters> {
  return new Map(processes.map((given) => [given.pid, countersOf(given)]));
}

export function shareOf(given: Partial<ProcessShare> & { pid: number }): ProcessShare {
  return {
    startTicks: given.pid * 10,
    name: `p${given.pid}`,
    state: 'S',
    module: null,
    cpuPercent: 0,
    waitPercent: 0,
    memoryBytes: 0,
    memoryPercent: 0,
    readBytesPerSecond: 0,
    writtenBytesPerSecond: 0,
    majorFaultsPerSecond: 0,
    isSuspect: false,
    ...given,
  };
}
