/**
 * The process table for whoever looks at it again and again. A process that is older than a launch,
 * and was none of ours when it was read, cannot belong to that launch any more: it is only made sure
 * that its pid is still its own, which costs a fifth of reading it.
 */
import { statSync } from 'node:fs';
import { hasProc, type ProcessInfo, readProcess, snapshotProcesses } from '../processes.ts';
import type { OwnerOf, ProcessTable } from './tree.ts';

interface Stranger {
  /** As in {@link ProcessInfo}, on Linux a number. */
  readonly startTime: number;
  readonly folder: string;
}

export class ProcessLooks {
  /** By pid, as of the last look. */
  #strangers: ReadonlyMap<number, Stranger> = new Map();

  /**
   * Every process that runs now and may belong to one of the launches.
   * @param launches their start times; null for one that is not known, to which any may belong
   */
  look(launches: readonly (string | null)[], ownerOf: OwnerOf): ProcessTable {
    if (!hasProc) return snapshotProcesses();
    const oldest = Math.min(...launches.map((start) => Number(start ?? Number.NaN)));
    const folders = new Map<number, string>();
    const strangers = new Map<number, Stranger>();
    const table = snapshotProcesses((pid) => {
      // First: should the pid change hands before it is read, the next look sees another folder.
      const folder = folderOf(pid);
      if (folder === null) return null;
      const known = this.#strangers.get(pid);
      if (known?.folder === folder) strangers.set(pid, known);
      if (known?.folder === folder && known.startTime < oldest) return null;
      folders.set(pid, folder);
      return readProcess(pid);
    });
    for (const [pid, folder] of folders) {
      const info = table.get(pid);
      if (info && isStranger(info, table, ownerOf))
        strangers.set(pid, { startTime: Number(info.startTime), folder });
      else strangers.delete(pid);
    }
    this.#strangers = strangers;
    return table;
  }
}

/** Neither of a launch by its environment, nor below or beside one that is. */
function isStranger(info: ProcessInfo, table: ProcessTable, ownerOf: OwnerOf): boolean {
  const isStrange = (pid: number): boolean => {
    const process = table.get(pid);
    return process === undefined || ownerOf(process) === null;
  };
  const { pid, groupId, sessionId } = info;
  if (![pid, groupId, sessionId].every(isStrange)) return false;
  let parent = info.parentPid;
  // Bounded, because a table is not one instant and may show a loop.
  for (let depth = 0; depth < 128 && parent > 1; depth++) {
    if (!isStrange(parent)) return false;
    parent = table.get(parent)?.parentPid ?? 0;
  }
  return true;
}

/**
 * The same only for the same process: the kernel makes the folder anew for each, and now and then for
 * the same one. Null when the process is gone, or not ours to see.
 */
function folderOf(pid: number): string | null {
  try {
    const stat = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
    return stat === undefined ? null : `${stat.ino} ${stat.ctimeMs}`;
  } catch (error) {
    // As where its files are read: another user's on a machine that hides them.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}
