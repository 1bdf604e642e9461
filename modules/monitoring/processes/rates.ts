/** What each process used between two looks. Pure. */
import type { ProcessCounters, WaitCounters } from './counters.ts';
import {
  atMost,
  type Inherited,
  inheritedBetween,
  less,
  nothing,
  sameIn,
  sum,
} from './inheritance.ts';
import type { ProcessTable } from './table.ts';

/** A look, and what must be known of it at the next. */
export interface Look {
  /** Monotonic, of its beginning. */
  readonly atMs: number;
  readonly table: ProcessTable;
  /**
   * What was told of processes that have ended, and had not yet come to the account of their heirs: a
   * look is not one moment, and the heir may have been looked at just before.
   */
  readonly owed: ReadonlyMap<number, Inherited>;
}

export interface Rates {
  readonly cpuPercent: number | null;
  readonly waitPercent: number | null;
  readonly readBytesPerSecond: number | null;
  readonly writtenBytesPerSecond: number | null;
  readonly majorFaultsPerSecond: number | null;
}

export const unknownRates: Rates = {
  cpuPercent: null,
  waitPercent: null,
  readBytesPerSecond: null,
  writtenBytesPerSecond: null,
  majorFaultsPerSecond: null,
};

/**
 * The rates by pid; one without is not known.
 * @param before null when there was none: then no rate is known yet
 */
export function judgeLook(
  before: Look | null,
  { atMs, table }: Pick<Look, 'atMs' | 'table'>,
  tickMs: number,
): { readonly look: Look; readonly rates: ReadonlyMap<number, Rates> } {
  const owed = new Map<number, Inherited>();
  const rates = new Map<number, Rates>();
  if (!before) return { look: { atMs, table, owed }, rates };
  const inherited = inheritedBetween(before.table, table);
  for (const is of table.values()) {
    // One that was not there before has begun since, with all its counters at 0.
    const was = sameIn(before.table, is);
    const told = inherited.get(is.pid) ?? nothing;
    const due = was ? sum(told, before.owed.get(is.pid) ?? nothing) : told;
    const grown = was ? less(accountOf(is), accountOf(was)) : accountOf(is);
    const left = atMost(told, less(due, grown));
    if (told !== nothing) owed.set(is.pid, left);
    const spanMs = is.atMs - (was ?? before).atMs;
    if (spanMs > 0) rates.set(is.pid, ratesOf(is, was, less(grown, due), spanMs, tickMs));
  }
  return { look: { atMs, table, owed }, rates };
}

/** What is counted both for a process and for the children that it has waited for. */
function accountOf({ reapedTicks, majorFaults, io }: ProcessCounters): Inherited {
  const { readBytes, writtenBytes } = io ?? { readBytes: null, writtenBytes: null };
  return { ticks: reapedTicks, majorFaults, readBytes, writtenBytes };
}

/** @param used of its account, what no look had told */
function ratesOf(
  is: ProcessCounters,
  was: ProcessCounters | null,
  used: Inherited,
  spanMs: number,
  tickMs: number,
): Rates {
  const ticks = used.ticks + Math.max(0, is.ownTicks - (was?.ownTicks ?? 0));
  const perSecond = (count: number): number => (count / spanMs) * 1000;
  const bytesPerSecond = (bytes: number | null): number | null =>
    bytes === null ? null : Math.round(perSecond(bytes));
  return {
    cpuPercent: tenths((100 * ticks * tickMs) / spanMs),
    waitPercent: waitPercent(is.waiting, was ? was.waiting : { ranNs: 0, delayNs: 0 }, spanMs),
    readBytesPerSecond: bytesPerSecond(used.readBytes),
    writtenBytesPerSecond: bytesPerSecond(used.writtenBytes),
    majorFaultsPerSecond: tenths(perSecond(used.majorFaults)),
  };
}

function waitPercent(
  is: WaitCounters | null,
  was: WaitCounters | null,
  spanMs: number,
): number | null {
  if (!is || !was) return null;
  const waitedMs = Math.max(0, is.delayNs - was.delayNs) / 1e6;
  return Math.min(100, tenths((100 * waitedMs) / spanMs));
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
