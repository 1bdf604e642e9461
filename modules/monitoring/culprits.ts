/**
 * Who may have stressed the host. Pure. One is accused only of what explains a part of the stress: where
 * nothing waits for the disk, to write much is no fault. The many workers of one program are one culprit,
 * since none of them alone would be.
 */
import type { Culprit, CulpritReason } from './happening.ts';
import { peaks } from './processes/peaks.ts';
import { bytesPerSecond, type Program, programOf, programsIn } from './processes/programs.ts';
import type { RingEntry } from './ring.ts';
import type { ProcessShare } from './sample.ts';
import { calm, type Stress, type StressPart } from './stress.ts';

const culpritsMax = 10;
const perReasonMax = 3;

interface Accusation {
  readonly why: CulpritReason;
  /** The parts of the stress that it would explain. */
  readonly explains: readonly StressPart[];
  readonly amountOf: (share: ProcessShare) => number;
  /** More than this is too much for one program. */
  readonly amountMax: number;
  /** What several processes share, they have but once. */
  readonly addsUp: boolean;
  readonly inWords: (amount: number, program: Program) => string;
}

/** Half a core and 50 MB/s are the seed's; the others are ours. */
const accusations: readonly Accusation[] = [
  {
    why: 'cpu',
    explains: ['load', 'thermal', 'latency', 'pressure'],
    amountOf: ({ cpuPercent }) => cpuPercent ?? 0,
    amountMax: 50,
    addsUp: true,
    inWords: (percent, program) => `${Math.round(percent)} % of a core${together(program)}`,
  },
  {
    why: 'io',
    explains: ['io', 'latency', 'pressure'],
    amountOf: bytesPerSecond,
    amountMax: 50e6,
    addsUp: true,
    inWords: (bytes, program) => `${Math.round(bytes / 1e6)} MB/s${together(program)}`,
  },
  {
    why: 'memory',
    explains: ['memory', 'pressure'],
    amountOf: ({ memoryPercent }) => memoryPercent ?? 0,
    amountMax: 10,
    addsUp: false,
    inWords: (percent) => `${Math.round(percent)} % of the memory`,
  },
  {
    why: 'stuck',
    explains: ['io', 'latency', 'pressure', 'load'],
    amountOf: ({ state }) => (state === 'D' ? 1 : 0),
    // One is enough.
    amountMax: 0.9,
    addsUp: true,
    inWords: (_count, program) => `waits for a device${together(program)}`,
  },
  {
    why: 'wait',
    explains: ['load', 'pressure'],
    amountOf: ({ waitPercent }) => waitPercent ?? 0,
    // A single process that waits is a victim; a crowd is what the others wait for.
    amountMax: 100,
    addsUp: true,
    inWords: (percent) => `${tenths(percent / 100)} of its processes at a time wait for a core`,
  },
];

/** The heaviest first, at most ten, each program once. */
export function culpritsOf(processes: readonly ProcessShare[], stress: Stress): Culprit[] {
  const accused = accusations
    .flatMap((accusation) => accusedOf(accusation, processes, stress))
    .sort((a, b) => b.weight - a.weight)
    .map(({ culprit }) => culprit);
  const once = new Map<string, Culprit>();
  for (const culprit of [...accused, ...activeSuspects(processes)]) {
    const key = programOf(culprit.process);
    if (!once.has(key)) once.set(key, culprit);
  }
  return [...once.values()].slice(0, culpritsMax);
}

/**
 * Of a pause, in which nobody could watch: who was heavy just before it, or on the whole while it lasted,
 * however calm the host seemed.
 * @param after the first look after it, with the rates since the last one before
 */
export function culpritsOfPause(
  ring: readonly RingEntry[],
  after: readonly ProcessShare[],
): Culprit[] {
  const before = ring.findLast(({ processes }) => processes.length > 0);
  const { parts } = ring.at(-1)?.stress ?? calm;
  const paused = { ...calm, parts: { ...parts, latency: Math.max(1, parts.latency) } };
  return culpritsOf(peaks(before?.processes ?? [], after), paused);
}

interface Accused {
  readonly culprit: Culprit;
  readonly weight: number;
}

function accusedOf(
  accusation: Accusation,
  processes: readonly ProcessShare[],
  { parts }: Stress,
): Accused[] {
  const { why, explains, amountOf, amountMax, addsUp, inWords } = accusation;
  const points = explains.reduce((sum, part) => sum + parts[part], 0);
  if (points === 0) return [];
  return programsIn(processes, amountOf)
    .map((program) => ({
      program,
      amount: addsUp ? sumOf(program, amountOf) : amountOf(program[0]),
    }))
    .filter(({ amount }) => amount > amountMax)
    .sort((a, b) => b.amount - a.amount)
    .slice(0, perReasonMax)
    .map(({ program, amount }) => ({
      culprit: { process: program[0], why, share: inWords(amount, program) },
      weight: (points * amount) / amountMax,
    }));
}

/** A suspect needs no stress and no threshold; but one that did nothing at all did not do it. */
function activeSuspects(processes: readonly ProcessShare[]): Culprit[] {
  const suspects = processes.filter(({ isSuspect }) => isSuspect);
  const activity = (share: ProcessShare): number =>
    (share.cpuPercent ?? 0) + tenths(bytesPerSecond(share) / 1e6) + (share.state === 'D' ? 1 : 0);
  return programsIn(suspects, activity).map((program) => {
    const percent = tenths(sumOf(program, ({ cpuPercent }) => cpuPercent ?? 0));
    const megabytes = tenths(sumOf(program, bytesPerSecond) / 1e6);
    const share = `${percent} % of a core, ${megabytes} MB/s${together(program)}`;
    return { process: program[0], why: 'suspect', share };
  });
}

function sumOf(program: Program, amountOf: (share: ProcessShare) => number): number {
  return program.reduce((sum, share) => sum + amountOf(share), 0);
}

function together({ length }: Program): string {
  return length > 1 ? `, ${length} processes together` : '';
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
