/** Which module each process belongs to. Pure but for the look into environments. */
import type { OwnerOf } from '../keeper/tree.ts';
import type { ProcessInfo } from '../processes.ts';

export interface RunningModule {
  readonly name: string;
  readonly pid: number;
  /** As in ProcessInfo: a pid alone may be another process by now. */
  readonly startTime: string;
}

/** Since a table is not one moment, it may show a circle. */
const depthMax = 128;

/**
 * Every process of every module, zombies too, each of them once: a module's tree is what the keeper
 * would end (keeper/tree.ts): the descendants of its process, its group, its session, and whatever
 * carries its launch in its environment.
 * @param own pids of the daemon and its keepers, which belong to none, also when a module started them
 */
export function treesOf<P extends ProcessInfo>(
  modules: readonly RunningModule[],
  table: ReadonlyMap<number, P>,
  { own, ownerOf }: { readonly own: ReadonlySet<number>; readonly ownerOf: OwnerOf },
): Map<string, P[]> {
  const roots = new Map<number, string>();
  for (const { name, pid, startTime } of modules) {
    const holder = table.get(pid);
    // A pid is not given anew while a group or session carries it.
    if (holder === undefined || holder.startTime === startTime) roots.set(pid, name);
  }
  const known = new Map<number, string | null>();
  const trees = new Map<string, P[]>();
  for (const process of table.values()) {
    const module = moduleOf(process, 0);
    if (module === null) continue;
    const members = trees.get(module);
    if (members) members.push(process);
    else trees.set(module, [process]);
  }
  return trees;

  function moduleOf(process: P, depth: number): string | null {
    const { pid, groupId, sessionId, parentPid } = process;
    const found = known.get(pid);
    if (found !== undefined) return found;
    if (own.has(pid)) return null;
    let module = roots.get(pid) ?? roots.get(groupId) ?? roots.get(sessionId) ?? null;
    const parent = parentPid > 1 && depth < depthMax ? table.get(parentPid) : undefined;
    if (module === null && parent) module = moduleOf(parent, depth + 1);
    if (module === null && !process.zombie) module = ownerOf(process) ?? null;
    known.set(pid, module);
    return module;
  }
}

/** The daemon with what it has started, and its keepers, but not the modules that these have started. */
export function ownTree<P extends ProcessInfo>(
  daemonPid: number,
  keepers: readonly number[],
  table: ReadonlyMap<number, P>,
): P[] {
  return [...table.values()].filter((process) => {
    if (keepers.includes(process.pid)) return true;
    let above: P | undefined = process;
    for (let depth = 0; above && depth < depthMax; depth++) {
      if (above.pid === daemonPid) return true;
      if (keepers.includes(above.pid)) return false;
      above = table.get(above.parentPid);
    }
    return false;
  });
}
