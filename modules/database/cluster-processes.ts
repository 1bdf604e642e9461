/**
 * The processes of PostgreSQL that work in a cluster, by their current folder, which is the cluster's
 * for as long as they live. What they were called with is no help: they write their state over it.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const lookMs = 20;

/** Their pids; none where there is no /proc. Zombies are not among them. */
export function clusterProcesses(cluster: string): number[] {
  if (process.platform !== 'linux') return [];
  const folder = place(cluster);
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && link(pid, 'cwd') === folder && isPostgres(pid));
}

/** Whether a server's process is still there, and not another that has got its pid. */
export function worksIn(cluster: string, pid: number): boolean {
  if (process.platform !== 'linux') return isAlive(pid);
  return link(pid, 'cwd') === place(cluster) && isPostgres(pid);
}

/** Null when there is no file, or who is named in it does not run there any more. */
export function livingPostmaster(cluster: string): Postmaster | null {
  const said = readPostmasterFile(cluster);
  if (said === null) return null;
  return worksIn(cluster, said.pid) ? said : null;
}

/** What `postmaster.pid` says of a server. */
export interface Postmaster {
  readonly pid: number;
  /** The folder of its socket, as it reaches it; empty where it has none. */
  readonly socketFolder: string;
}

/** Lines 1 and 5 (src/include/utils/pidfile.h). Null for what is no such file. */
export function parsePostmasterFile(text: string): Postmaster | null {
  const [pid = '', , , , socketFolder = ''] = text.split('\n');
  return /^\d+$/.test(pid) && Number(pid) > 0 ? { pid: Number(pid), socketFolder } : null;
}

/** SIGTERM to each, then SIGKILL to who is left. Resolves when none runs, or rejects. */
export async function endProcesses(
  cluster: string,
  { graceMs, killMs }: { readonly graceMs: number; readonly killMs: number },
): Promise<void> {
  const find = () => clusterProcesses(cluster);
  for (const pid of find()) signalTo(pid, 'SIGTERM');
  if (await goneWithin(graceMs, () => find().length === 0)) return;
  for (const pid of find()) signalTo(pid, 'SIGKILL');
  if (await goneWithin(killMs, () => find().length === 0)) return;
  throw new Error(
    `cannot end what an earlier server has left: processes ${find().join(', ')} of "${cluster}" survive SIGKILL — they wait for a disk, or are another user's`,
  );
}

export async function goneWithin(ms: number, isGone: () => boolean): Promise<boolean> {
  const endMs = performance.now() + ms;
  while (!isGone()) {
    if (performance.now() >= endMs) return false;
    await delay(lookMs);
  }
  return true;
}

/** One that has ended meanwhile is no error. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, and is another's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function readPostmasterFile(cluster: string): Postmaster | null {
  try {
    return parsePostmasterFile(readFileSync(join(cluster, 'postmaster.pid'), 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Links in it resolved. Of a folder that is gone nobody's current one has the name any more. */
function place(cluster: string): string {
  return existsSync(cluster) ? realpathSync(cluster) : cluster;
}

/** A shell that somebody has opened in the folder is none. */
function isPostgres(pid: number): boolean {
  const program = basename(link(pid, 'exe') ?? '').replace(/ \(deleted\)$/, '');
  return program === 'postgres';
}

/** Null for a process that is gone, a zombie, or one that may not be looked at. */
function link(pid: number, name: 'cwd' | 'exe'): string | null {
  try {
    return readlinkSync(`/proc/${pid}/${name}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EPERM' || code === 'ESRCH') return null;
    throw error;
  }
}
