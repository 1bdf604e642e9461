import type { CaptureRequest } from '../../../../modules/monitoring/forensics/request.ts';
import type { ProcessShare } from '../../../../modules/monitoring/sample.ts';

/** A pause of 12 s with one culprit, of the module `bot`. */
export function pauseRequest(change: Partial<CaptureRequest> = {}): CaptureRequest {
  const culprit = processShare();
  return {
    trigger: 'pause',
    metadata: {
      atMs: Date.parse('2026-11-22T03:04:05.500Z'),
      durationMs: 12_000,
      expectedMs: 5000,
      latencyRatio: 2.4,
    },
    ring: [],
    culprits: [{ process: culprit, why: 'cpu', share: '97 % of a core' }],
    state: () => Promise.resolve({ status: 'running' }),
    ...change,
  };
}

export function processShare(change: Partial<ProcessShare> = {}): ProcessShare {
  return {
    ...{ pid: 4711, startTicks: 99, name: 'node', state: 'R', module: 'bot' },
    ...{ cpuPercent: 97, waitPercent: 1, memoryBytes: 1e8, memoryPercent: 2 },
    ...{ readBytesPerSecond: null, writtenBytesPerSecond: 0, majorFaultsPerSecond: 0 },
    isSuspect: false,
    ...change,
  };
}
