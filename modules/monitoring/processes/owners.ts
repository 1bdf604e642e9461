/** Which module each process belongs to. Pure. */
import type { ProcessCounters } from './counters.ts';
import type { ProcessTable } from './table.ts';

/** What the daemon, its keepers and their helpers are listed as. */
export const ourselves = 'superbot';

export interface OwnerFacts {
  /** Pids of the daemon and its keepers. */
  readonly own: ReadonlySet<number>;
  /** The module whose launch a process carries in its environment; null when it carries none of ours. */
  readonly marked: (process: ProcessCounters) => string | null;
}

/** Since a table is not one moment, it may show a circle. */
const depthMax = 64;

/** A process belongs to the launch that it was started with, else to whom its parent belongs. */
export function ownersIn(
  table: ProcessTable,
  { own, marked }: OwnerFacts,
): (process: ProcessCounters) => string | null {
  const known = new Map<number, string | null>();
  return (process) => ownerOf(process, 0);

  function ownerOf(process: ProcessCounters, depth: number): string | null {
    const found = known.get(process.pid);
    if (found !== undefined) return found;
    const parent = depth < depthMax ? table.get(process.parentPid) : undefined;
    const owner = own.has(process.pid)
      ? ourselves
      : (marked(process) ?? (parent ? ownerOf(parent, depth + 1) : null));
    known.set(process.pid, owner);
    return owner;
  }
}
