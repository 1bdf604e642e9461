/**
 * One pass over `/proc`. Reading it is work for the kernel that no other thread can do for us, so it is
 * done in slices: other work of the module has its turn in between. Nothing is read here that waits for
 * the memory of a process (`cmdline`, `environ`, `smaps`): one that hangs in a device would hang us.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../api/clock.ts';
import { parseIo, parseProcessStat, parseWaiting, type ProcessCounters } from './counters.ts';

export type ProcessTable = ReadonlyMap<number, ProcessCounters>;

const sliceMs = 4;
/** The longest of them, `stat`, has some 350. */
const buffer = Buffer.alloc(4096);

/**
 * Every process that may be seen, by pid.
 * @param folder where the kernel shows them
 * @param before the last pass, out of which is taken what cannot have changed
 * @returns null where it shows none
 * @throws when there is nothing left to look with, such as no descriptor
 */
export async function readTable(
  folder: string,
  clock: Pick<Clock, 'monotonicMs'>,
  before: ProcessTable | null,
): Promise<ProcessTable | null> {
  const table = new Map<number, ProcessCounters>();
  let beganMs = performance.now();
  for (const name of namesIn(folder) ?? []) {
    if (!/^\d+$/.test(name)) continue;
    const atMs = clock.monotonicMs();
    const counters = readProcess(join(folder, name), before?.get(Number(name)));
    if (counters) table.set(counters.pid, { ...counters, atMs });
    if (performance.now() - beganMs < sliceMs) continue;
    await nextTurn();
    beganMs = performance.now();
  }
  dropEnded(folder, table);
  return table.size === 0 ? null : table;
}

/**
 * Where pids have begun anew, a parent may come after its child. The child may have ended in between and
 * be in the account of its parent already, so it must not count as one that is still there.
 */
function dropEnded(folder: string, table: Map<number, ProcessCounters>): void {
  for (const { pid, parentPid } of table.values()) {
    if (parentPid > pid && readText(`${folder}/${pid}/stat`) === '') table.delete(pid);
  }
}

/** Null for one that has ended since it was listed. */
function readProcess(
  folder: string,
  before: ProcessCounters | undefined,
): Omit<ProcessCounters, 'atMs'> | null {
  const shown = parseProcessStat(readText(`${folder}/stat`));
  if (!shown) return null;
  const was = before?.startTicks === shown.startTicks ? before : null;
  const stat = namesItsThread.test(shown.name)
    ? { ...shown, name: was?.name ?? programIn(folder) }
    : shown;
  const waiting = parseWaiting(readText(`${folder}/schedstat`));
  if (stat.isKernel) return { ...stat, waiting, io: null };
  // Most have not run since: they have read and written nothing either, which spares a third of the work.
  const hasSlept = was?.waiting && waiting?.ranNs === was.waiting.ranNs && stat.threads === 1;
  return { ...stat, waiting, io: hasSlept ? was.io : parseIo(readText(`${folder}/io`)) };
}

/** Node from version 24 on gives its first thread a name, which stands where that of the program was. */
const namesItsThread = /^(?:node-)?MainThread$/;

/** The file that runs; `node` where only its owner may know. */
function programIn(folder: string): string {
  try {
    return basename(readlinkSync(`${folder}/exe`));
  } catch (error) {
    if (isOutOfSight(error)) return 'node';
    throw error;
  }
}

function namesIn(folder: string): string[] | null {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Empty for what is gone, what this kernel does not have, and what we may not read. */
function readText(path: string): string {
  try {
    const fd = openSync(path, 'r');
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, 0));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isOutOfSight(error)) return '';
    throw error;
  }
}

function isOutOfSight(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM';
}
