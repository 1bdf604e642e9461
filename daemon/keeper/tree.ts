/**
 * Which processes belong to a module, and how they are ended. A tree is the descendants of the
 * launched process, its process group, its session, and every process whose environment carries
 * this module's `SUPERBOT_LAUNCH` in this home: a double fork into a new session escapes the first
 * three, not the last.
 */
import { statSync } from 'node:fs';
import { commandLine, initialEnvironment, isThere, type ProcessInfo } from '../processes.ts';
import type { StopScope } from './protocol.ts';

export type ProcessTable = ReadonlyMap<number, ProcessInfo>;

export interface TreeRoot {
  readonly module: string;
  /** The launched process, alive or not; null when only leftovers of unknown launches are sought. */
  readonly process: { readonly pid: number; readonly startTime: string } | null;
}

/**
 * Tells whose launch a process belongs to: null for a process that is none of ours, undefined for one
 * that cannot be judged, because it is in the middle of an exec or has ended since it was listed.
 */
export type OwnerOf = (process: ProcessInfo) => string | null | undefined;

/** Processes by pid, with their start times. */
export type Seen = ReadonlyMap<number, string>;

/**
 * Living members of a module's tree within the scope; zombies are dead.
 * @param seen members found in an earlier look: they and what they start stay members, also one that
 * had left the session and wiped its environment, and whose parent has ended since
 */
export function treeMembers(
  root: TreeRoot,
  table: ProcessTable,
  ownerOf: OwnerOf,
  scope: StopScope,
  seen: Seen = new Map(),
): ProcessInfo[] {
  const pid = root.process?.pid;
  const holder = pid === undefined ? undefined : table.get(pid);
  // A pid is not reused while a group or session carries it, so another process under the root's
  // pid proves that the root's group and session are empty.
  const reused = holder !== undefined && holder.startTime !== root.process?.startTime;
  const rootPid = reused ? undefined : pid;
  const members: ProcessInfo[] = [];
  for (const process of table.values()) {
    if (process.zombie) continue;
    if (isMember(process, rootPid)) members.push(process);
  }
  return members;

  function isMember(process: ProcessInfo, top: number | undefined): boolean {
    if (process.pid === top || wasSeen(process)) return true;
    if (scope === 'process') return false;
    if (top !== undefined && process.groupId === top) return true;
    if (scope === 'group') return false;
    if (top !== undefined && process.sessionId === top) return true;
    return descendsFromMember(process, top) || ownerOf(process) === root.module;
  }

  function descendsFromMember({ parentPid }: ProcessInfo, top: number | undefined): boolean {
    let parent = parentPid;
    // Bounded, because a snapshot is not one instant and may show a loop.
    for (let depth = 0; depth < 128 && parent > 1; depth++) {
      const process = table.get(parent);
      if (parent === top || (process && wasSeen(process))) return true;
      parent = process?.parentPid ?? 0;
    }
    return false;
  }

  function wasSeen({ pid, startTime }: ProcessInfo): boolean {
    return seen.get(pid) === startTime;
  }
}

/**
 * Reads owners from processes' environments, each process once: an environment is fixed at exec,
 * and a child inherits its parent's.
 * @param excluded pids that are never part of a module (keeper and daemon)
 */
export function ownerReader(home: string, excluded: () => ReadonlySet<number>): OwnerOf {
  return readerOf((environment) => ownerFromEnvironment(environment, home), excluded);
}

/** The same where the value of one variable is the owner. */
export function ownersByVariable(name: string, excluded: () => ReadonlySet<number>): OwnerOf {
  return readerOf((environment) => valueOf(name, environment), excluded);
}

function readerOf(
  ownerFrom: (environment: string[] | null) => string | null,
  excluded: () => ReadonlySet<number>,
): OwnerOf {
  const known = new Map<string, string | null>();
  return (process) => {
    if (excluded().has(process.pid) || isKernelThread(process)) return null;
    const key = `${process.pid} ${process.startTime}`;
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const environment = settledEnvironment(process);
    if (environment === undefined) return undefined;
    // A cap instead of bookkeeping: reading again costs some 20 µs a process.
    if (known.size >= 4096) known.clear();
    const owner = ownerFrom(environment);
    known.set(key, owner);
    return owner;
  };
}

/** Children of kthreadd, which has pid 2 wherever it can be seen: they have no environment at all. */
function isKernelThread({ pid, parentPid }: ProcessInfo): boolean {
  return process.platform === 'linux' && (pid === 2 || parentPid === 2);
}

/**
 * Null where it may not be read. Undefined for a process that is gone, and in the middle of an exec,
 * when environment and arguments both read as empty (proc(5)): a program may well have no environment,
 * but hardly any has no arguments.
 */
function settledEnvironment(process: ProcessInfo): string[] | null | undefined {
  const { pid } = process;
  const environment = initialEnvironment(pid);
  if (environment === null) return isThere(process) ? null : undefined;
  if (environment.join('') !== '') return environment;
  const command = commandLine(pid);
  if (command === '') return undefined;
  // The exec may have ended between the two looks, and another may have begun.
  const again = initialEnvironment(pid) ?? [];
  return again.join('') !== '' || commandLine(pid) === command ? again : undefined;
}

export function ownerFromEnvironment(environment: string[] | null, home: string): string | null {
  const launch = valueOf('SUPERBOT_LAUNCH', environment);
  const launchHome = valueOf('SUPERBOT_HOME', environment);
  if (launch === null || launchHome === null || !isSameFolder(launchHome, home)) return null;
  return launch.split(':')[0] ?? null;
}

function valueOf(name: string, environment: string[] | null): string | null {
  const entry = environment?.find((one) => one.startsWith(`${name}=`));
  return entry?.slice(name.length + 1) ?? null;
}

/** An earlier daemon may have been told the home by another path, such as one with a link in it. */
export function isSameFolder(path: string, home: string): boolean {
  if (path === home) return true;
  try {
    const [one, other] = [statSync(path), statSync(home)];
    return one.dev === other.dev && one.ino === other.ino;
  } catch (error) {
    // The home is there and ours to enter: a path that leads to nothing, or is closed to us, is another.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return false;
    throw error;
  }
}
