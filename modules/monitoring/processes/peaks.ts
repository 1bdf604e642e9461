import type { ProcessShare } from '../sample.ts';

/** Each process of either, with the higher of its figures. Pure. */
export function peaks(
  before: readonly ProcessShare[],
  after: readonly ProcessShare[],
): ProcessShare[] {
  const all = new Map<string, ProcessShare>();
  for (const share of [...before, ...after]) {
    const key = `${share.pid} ${share.startTicks}`;
    const other = all.get(key);
    all.set(key, other ? peakOf(share, other) : share);
  }
  return [...all.values()];
}

function peakOf(one: ProcessShare, other: ProcessShare): ProcessShare {
  const higher = (of: (share: ProcessShare) => number | null): number | null =>
    of(one) === null && of(other) === null ? null : Math.max(of(one) ?? 0, of(other) ?? 0);
  return {
    ...one,
    state: other.state === 'D' ? 'D' : one.state,
    cpuPercent: higher(({ cpuPercent }) => cpuPercent),
    waitPercent: higher(({ waitPercent }) => waitPercent),
    memoryBytes: Math.max(one.memoryBytes, other.memoryBytes),
    memoryPercent: higher(({ memoryPercent }) => memoryPercent),
    readBytesPerSecond: higher(({ readBytesPerSecond }) => readBytesPerSecond),
    writtenBytesPerSecond: higher(({ writtenBytesPerSecond }) => writtenBytesPerSecond),
    majorFaultsPerSecond: higher(({ majorFaultsPerSecond }) => majorFaultsPerSecond),
  };
}
