/**
 * What the operating system knows about processes, read from `/proc` on Linux (proc(5)) and from
 * `ps` elsewhere. A pid alone names nobody, since pids are reused: a process is identified by pid,
 * start time and boot id together.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessInfo {
  readonly pid: number;
  readonly parentPid: number;
  readonly groupId: number;
  readonly sessionId: number;
  /** Zombies have ended: they hold nothing and are only waiting to be reaped. */
  readonly zombie: boolean;
  /** By a signal such as SIGSTOP, until SIGCONT. */
  readonly stopped: boolean;
  /** Opaque; equal for the same process, different for another one with the same pid. */
  readonly startTime: string;
}

/** Identity of a process across daemon and keeper restarts, and across reboots. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
  readonly bootId: string;
}

export const hasProc = process.platform === 'linux';

let cachedBootId: string | undefined;

/** Changes with every boot of the machine. */
export function bootId(): string {
  cachedBootId ??= hasProc
    ? readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
    : ps(['-o', 'lstart=', '-p', '1']).trim();
  return cachedBootId;
}

/** Null when there is no such process. */
export function readProcess(pid: number): ProcessInfo | null {
  if (!hasProc) return snapshotFromPs().get(pid) ?? null;
  const stat = readProcFile(pid, 'stat');
  return stat === null ? null : parseStat(stat);
}

/** A process that forks and ends is chased so far, from child to child. */
const listingsMax = 10;

/**
 * Every process that runs now, also what was started while the others were being read.
 * @param read how to read one on Linux, null for one that is gone
 */
export function snapshotProcesses(read = readProcess): Map<number, ProcessInfo> {
  if (!hasProc) return snapshotFromPs();
  const processes = new Map<number, ProcessInfo>();
  const listed = new Set<string>();
  for (let listing = 0, before = -1; listing < listingsMax && before !== listed.size; listing++) {
    before = listed.size;
    for (const name of readdirSync('/proc')) {
      if (listed.has(name)) continue;
      listed.add(name);
      const pid = Number(name);
      const info = Number.isInteger(pid) ? read(pid) : null;
      if (info) processes.set(pid, info);
    }
  }
  return processes;
}

export function identify(pid: number): ProcessIdentity | null {
  const info = readProcess(pid);
  return info && !info.zombie ? { pid, startTime: info.startTime, bootId: bootId() } : null;
}

/** Such as `S`, `D` or `Z` (proc(5)); null where it is not known, and when there is no such process. */
export function processState(pid: number): string | null {
  const stat = hasProc ? readProcFile(pid, 'stat') : null;
  return stat?.slice(stat.lastIndexOf(')') + 2).charAt(0) ?? null;
}

/** True when exactly this process still runs; a zombie does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && isThere(identity);
}

/** True while a listed process has not ended. */
export function isThere({ pid, startTime }: Pick<ProcessInfo, 'pid' | 'startTime'>): boolean {
  const info = readProcess(pid);
  return info !== null && !info.zombie && info.startTime === startTime;
}

/** `NAME=value` entries a process was started with; null when they may not be read or it is gone. */
export function initialEnvironment(pid: number): string[] | null {
  if (!hasProc) return null;
  return readProcFile(pid, 'environ')?.split('\0') ?? null;
}

/** The command line as one string, for messages; empty for a zombie and in the middle of an exec. */
export function commandLine(pid: number): string {
  if (!hasProc) return ps(['-o', 'command=', '-p', String(pid)]).trim();
  return readProcFile(pid, 'cmdline')?.replaceAll('\0', ' ').trim() ?? '';
}

/** The machine or this process had too little to look at processes just now. */
export function isStarved(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM' || code === 'EAGAIN';
}

function readProcFile(pid: number, file: string): string | null {
  try {
    // UTF-8, as Node hands over every other path and variable: a home is compared with these.
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch (error) {
    // Gone between two reads, or another user's: either way nothing to report about it.
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}

/**
 * The command name may hold spaces and parentheses, so fields are counted from the last `)`. A
 * process whose first thread alone has ended looks like a zombie and runs on in its other threads.
 */
export function parseStat(stat: string): ProcessInfo | null {
  const pid = Number.parseInt(stat, 10);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ', 20);
  const [state, parent, group, session] = fields;
  const [threadCount, startTime] = [fields[17], fields[19]];
  if (state === undefined || startTime === undefined || Number.isNaN(pid)) return null;
  return {
    pid,
    parentPid: Number(parent),
    groupId: Number(group),
    sessionId: Number(session),
    zombie: (state === 'Z' && Number(threadCount) <= 1) || state === 'X',
    stopped: state === 'T',
    startTime,
  };
}

function snapshotFromPs(): Map<number, ProcessInfo> {
  const processes = new Map<number, ProcessInfo>();
  for (const line of ps(['-axo', 'pid=,ppid=,pgid=,sess=,stat=,lstart=']).split('\n')) {
    const [pid, parent, group, session, stat, ...started] = line.trim().split(/\s+/);
    if (pid === undefined || stat === undefined) continue;
    processes.set(Number(pid), {
      pid: Number(pid),
      parentPid: Number(parent),
      groupId: Number(group),
      sessionId: Number.parseInt(session ?? '0', 16),
      zombie: stat.startsWith('Z'),
      stopped: stat.startsWith('T'),
      startTime: started.join(' '),
    });
  }
  return processes;
}

function ps(args: string[]): string {
  try {
    return execFileSync('ps', args, { encoding: 'utf8', timeout: 5000 });
  } catch (error) {
    // ps exits 1 when no process matches; anything else is a real fault.
    if ((error as { status?: number }).status === 1) return '';
    throw error;
  }
}
