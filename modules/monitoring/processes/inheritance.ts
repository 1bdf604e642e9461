/**
 * What was told already of processes that have ended. Pure.
 *
 * The kernel adds all that a process ever used to the account of the process that waits for its end. That
 * is how children are noticed that lived and died between two looks: their parent used it. But what
 * looks have told of a child while it lived must be taken off again, or a shell would seem to burn, in
 * the second in which it ends, what its child took an hour for.
 */
import type { ProcessCounters } from './counters.ts';
import type { ProcessTable } from './table.ts';

/** A part of what a process has in its account. */
export interface Inherited {
  readonly ticks: number;
  readonly majorFaults: number;
  /** Null when it is not known of one of those that have ended. */
  readonly readBytes: number | null;
  readonly writtenBytes: number | null;
}

export const nothing: Inherited = { ticks: 0, majorFaults: 0, readBytes: 0, writtenBytes: 0 };

/**
 * By the pid of who may have it in its account now. That is the parent; where that has ended too, any of
 * those above it, since whoever takes care of orphans is among them: it is taken off from each, so that
 * nobody is charged with what another did.
 */
export function inheritedBetween(
  before: ProcessTable,
  now: ProcessTable,
): ReadonlyMap<number, Inherited> {
  const inherited = new Map<number, Inherited>();
  for (const was of before.values()) {
    if (sameIn(now, was)) continue;
    let above = before.get(was.parentPid);
    for (let depth = 0; above && depth < depthMax; depth++) {
      if (sameIn(now, above)) {
        inherited.set(above.pid, sum(inherited.get(above.pid) ?? nothing, allOf(was)));
        // It was its parent to the end.
        if (depth === 0) break;
      }
      above = before.get(above.parentPid);
    }
  }
  return inherited;
}

/** Since a table is not one moment, it may show a circle. */
const depthMax = 64;

export function sum(one: Inherited, other: Inherited): Inherited {
  return each(one, other, (a, b) => a + b);
}

/** What is left of the first after the second is taken off; nothing where that is more. */
export function less(one: Inherited, other: Inherited): Inherited {
  return each(one, other, (a, b) => Math.max(0, a - b));
}

/** The lower of either. */
export function atMost(one: Inherited, other: Inherited): Inherited {
  return each(one, other, Math.min);
}

export function sameIn(table: ProcessTable, process: ProcessCounters): ProcessCounters | null {
  const found = table.get(process.pid);
  return found?.startTicks === process.startTicks ? found : null;
}

function allOf({ ownTicks, reapedTicks, majorFaults, io }: ProcessCounters): Inherited {
  const { readBytes, writtenBytes } = io ?? { readBytes: null, writtenBytes: null };
  return { ticks: ownTicks + reapedTicks, majorFaults, readBytes, writtenBytes };
}

function each(one: Inherited, other: Inherited, of: (a: number, b: number) => number): Inherited {
  const known = (a: number | null, b: number | null): number | null =>
    a === null || b === null ? null : of(a, b);
  return {
    ticks: of(one.ticks, other.ticks),
    majorFaults: of(one.majorFaults, other.majorFaults),
    readBytes: known(one.readBytes, other.readBytes),
    writtenBytes: known(one.writtenBytes, other.writtenBytes),
  };
}
