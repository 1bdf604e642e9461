// Processes of this machine as the process table shows them, for tests that ask what is left.
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';

/**
 * Everything that runs for a home: what carries SUPERBOT_HOME in its environment, or the home or a
 * path in it among its arguments (keeper, thread host), and all their descendants. Never this process
 * itself. Linux only.
 */
export function processesOf(home: string): number[] {
  const parents = new Map<number, number>();
  const found = new Set<number>();
  for (const pid of allPids()) {
    const parent = livingParentOf(pid);
    if (parent === null || pid === process.pid) continue;
    parents.set(pid, parent);
    const isIts =
      environmentOf(pid).includes(`SUPERBOT_HOME=${home}`) ||
      read(pid, 'cmdline').some((argument) => argument === home || argument.startsWith(`${home}/`));
    if (isIts) found.add(pid);
  }
  for (let before = -1; before !== found.size;) {
    before = found.size;
    for (const [pid, parent] of parents) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/**
 * `NAME=value` entries that it was started with; empty for a zombie, for what is gone, and for what is
 * another user's. In the middle of an exec the environment reads as empty, and so do the arguments
 * (proc(5)): that lasts an instant, but is looked at again, since it would hide a running process.
 */
export function environmentOf(pid: number): string[] {
  for (let look = 1; ; look++) {
    const variables = read(pid, 'environ');
    if (variables.join('') !== '' || look === looksMax || !isInExec(pid)) return variables;
  }
}

/** What it was called with, its program first; empty for a zombie and for what is gone. */
export function argumentsOf(pid: number): string[] {
  return read(pid, 'cmdline');
}

/** Some seconds: on a busy machine a process may be put aside in the middle of its exec. */
const looksMax = 100_000;

/** Neither a zombie nor a thread of the kernel has a program. */
function isInExec(pid: number): boolean {
  return read(pid, 'cmdline').join('') === '' && existsSync(`/proc/${pid}/exe`);
}

/** False also for a zombie, which is only waiting to be reaped. */
export function isRunning(pid: number): boolean {
  return livingParentOf(pid) !== null;
}

/** What a failed test shows: pid, state and command line. */
export function describeProcess(pid: number): string {
  return `${pid} ${read(pid, 'cmdline').join(' ') || '(gone)'}`;
}

/** What it has open, as paths where it has one (proc(5)); empty for a process that is gone. */
export function filesOf(pid: number): string[] {
  return namesIn(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
    } catch (error) {
      // Closed meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return [];
    }
  });
}

/** Resident memory in bytes; 0 for a process that is gone. */
export function residentBytes(pid: number): number {
  const status = read(pid, 'status').join('');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It ended by itself meanwhile.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function allPids(): number[] {
  return readdirSync('/proc').map(Number).filter(Number.isInteger);
}

/** The parent's pid; null for a process that is gone or a zombie. See proc(5) for the fields. */
function livingParentOf(pid: number): number | null {
  const stat = read(pid, 'stat').join('');
  const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === undefined || state === '' || 'ZX'.includes(state) ? null : Number(parent);
}

/** A file of /proc in its NUL-separated parts; empty when the process is gone or another user's. */
function read(pid: number, file: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1').split('\0');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return [];
    throw error;
  }
}
