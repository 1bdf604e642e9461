import type { ProcessShare } from '../sample.ts';

/** By what a process may be the heaviest. */
const weights: readonly ((share: ProcessShare) => number)[] = [
  ({ cpuPercent }) => cpuPercent ?? 0,
  ({ readBytesPerSecond, writtenBytesPerSecond }) =>
    (readBytesPerSecond ?? 0) + (writtenBytesPerSecond ?? 0),
  ({ memoryBytes }) => memoryBytes,
  ({ waitPercent }) => waitPercent ?? 0,
  ({ majorFaultsPerSecond }) => majorFaultsPerSecond ?? 0,
];

/** So much of the places for what is stuck, and as much for suspects, whatever they use. */
const reservedShare = 1 / 5;

/**
 * At most so many processes: in turn the next by processor, input and output, memory, wait for a core and
 * faults; then some of those that wait for a device, and of the suspects, which are told even when they
 * do nothing. Pure.
 */
export function heaviest(shares: readonly ProcessShare[], countMax: number): ProcessShare[] {
  const ranks = weights.map((weight) => ranked(shares, weight));
  const [byProcessor = []] = ranks;
  const reservedMax = Math.floor(countMax * reservedShare);
  const reserved = new Set<ProcessShare>();
  for (const isReserved of [isStuck, isSuspect]) {
    const busyFirst = new Set([...byProcessor.filter(isReserved), ...shares.filter(isReserved)]);
    for (const share of [...busyFirst].slice(0, reservedMax)) reserved.add(share);
  }
  const chosen = new Set<ProcessShare>();
  let room = countMax - reserved.size;
  const depth = Math.max(0, ...ranks.map(({ length }) => length));
  for (let place = 0; place < depth && room > 0; place++) {
    for (const rank of ranks) {
      const share = rank[place];
      if (!share || chosen.has(share) || room === 0) continue;
      chosen.add(share);
      if (!reserved.has(share)) room -= 1;
    }
  }
  return [...new Set([...chosen, ...reserved])];
}

function isStuck({ state }: ProcessShare): boolean {
  return state === 'D';
}

function isSuspect(share: ProcessShare): boolean {
  return share.isSuspect;
}

/** Without those that weigh nothing. */
function ranked(
  shares: readonly ProcessShare[],
  weight: (share: ProcessShare) => number,
): ProcessShare[] {
  return shares.filter((share) => weight(share) > 0).sort((a, b) => weight(b) - weight(a));
}
