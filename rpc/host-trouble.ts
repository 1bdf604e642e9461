/**
 * What the host did when a module crashed, from the journal that the daemon keeps of the host beside
 * those of the modules: entries of kind `pause`, and of kind `stress` for each change of level. Pure.
 */
import type { StoredEntry } from './journal-files.ts';

/** As which no module can be called. */
export const hostJournal = 'daemon.host';

/** Shown with a crash. */
const aroundMs = { before: 2 * 60_000, after: 30_000 };
/** So long a pause is felt, for the longer the longer it was: what was asked before it times out. */
const aftermathMs = { least: 10_000, most: 60_000 };
/** Of the host's entries in one explanation, the latest. */
const entriesMax = 20;

/** The host's entries around each crash among these of a module, oldest first. */
export function aroundCrashes(
  entries: readonly StoredEntry[],
  host: readonly StoredEntry[],
): StoredEntry[] {
  const crashes = entries.filter(isCrash).map(({ time }) => Date.parse(time));
  if (crashes.length === 0) return [];
  const chosen: StoredEntry[] = [];
  for (const one of timed(host).toReversed()) {
    if (chosen.length === entriesMax) break;
    if (crashes.some((atMs) => isAround(one, atMs))) chosen.unshift(one.entry);
  }
  return chosen;
}

export interface HostTrouble {
  /** `just before its last crash: the host itself stood still for 1 min 14 s; heaviest: …` */
  readonly why: string;
  /** For `stress show`. */
  readonly id: number | null;
}

/** Why the host is the likely cause of the last crash of all; null when it is not. */
export function hostBehindLastCrash(
  module: string,
  entries: readonly StoredEntry[],
  host: readonly StoredEntry[],
): HostTrouble | null {
  const crash = entries.findLast(isCrash);
  if (crash === undefined) return null;
  const atMs = Date.parse(crash.time);
  const times = timed(host);
  const pause = times.findLast((one) => isPauseBefore(one, atMs));
  if (pause !== undefined) return because(module, pause.entry, 'just before its last crash');
  const level = times.findLast((one) => isCriticalAt(one, atMs));
  return level === undefined ? null : because(module, level.entry, 'at its last crash');
}

function because(module: string, { text, data }: StoredEntry, when: string): HostTrouble {
  const { id, culprits } = data;
  const heaviest: unknown = Array.isArray(culprits) ? culprits[0] : undefined;
  const whose = (heaviest as { module?: unknown } | null | undefined)?.module;
  const own = whose === module ? ', which is this module itself' : '';
  return { why: `${when}: ${text}${own}`, id: typeof id === 'number' ? id : null };
}

/** It ended and nobody had asked for it, or was to be ended because it did not work any more. */
function isCrash({ kind, data }: StoredEntry): boolean {
  if (kind === 'exit') return data['asked'] === false;
  return kind === 'health' && data['health'] === 'unhealthy';
}

/** When what an entry tells was so. */
interface Timed {
  readonly entry: StoredEntry;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A pause is written when it is over; a level holds until the next one is written. */
function timed(host: readonly StoredEntry[]): Timed[] {
  let nextLevelMs = Number.POSITIVE_INFINITY;
  const times = host.toReversed().map((entry): Timed => {
    const atMs = Date.parse(entry.time);
    if (entry.kind === 'pause') return { entry, fromMs: beginOf(entry, atMs), untilMs: atMs };
    const untilMs = isStressed(entry) ? nextLevelMs : atMs;
    nextLevelMs = atMs;
    return { entry, fromMs: atMs, untilMs };
  });
  return times.toReversed();
}

function beginOf({ data: { at } }: StoredEntry, endMs: number): number {
  const beginMs = typeof at === 'string' ? Date.parse(at) : endMs;
  return Number.isNaN(beginMs) ? endMs : beginMs;
}

function isStressed({ data: { level } }: StoredEntry): boolean {
  return level === 'elevated' || level === 'critical';
}

function isAround({ entry, fromMs, untilMs }: Timed, atMs: number): boolean {
  // That nobody knows only ends what was known.
  if (entry.data['level'] === null) return false;
  return untilMs >= atMs - aroundMs.before && fromMs <= atMs + aroundMs.after;
}

function isPauseBefore({ entry, fromMs, untilMs }: Timed, atMs: number): boolean {
  const { least, most } = aftermathMs;
  const feltMs = Math.min(Math.max(untilMs - fromMs, least), most);
  return entry.kind === 'pause' && isOfHost(entry) && fromMs <= atMs && atMs <= untilMs + feltMs;
}

/** And not of the module alone that tells of it: the daemon has noticed something, or the host stood still. */
function isOfHost({ data }: StoredEntry): boolean {
  return data['cause'] !== 'process' || data['stalled_ms'] !== null;
}

function isCriticalAt({ entry, fromMs, untilMs }: Timed, atMs: number): boolean {
  return entry.data['level'] === 'critical' && fromMs <= atMs && atMs <= untilMs;
}
