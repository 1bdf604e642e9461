/**
 * What the kernel has counted of one process since it began, out of its files below `/proc/PID`
 * (proc(5)). Pure.
 */

export interface ProcessCounters {
  /** Monotonic time at which it was looked at: a look at all of them may take a while. */
  readonly atMs: number;
  readonly pid: number;
  readonly parentPid: number;
  /** Since boot; with the pid and the boot it names a process for ever. */
  readonly startTicks: number;
  readonly name: string;
  readonly state: string;
  /** Threads of the kernel have neither a program nor an environment, and none reads or writes of its own. */
  readonly isKernel: boolean;
  /** Time on a processor, of all its threads. */
  readonly ownTicks: number;
  /** That of the children that it has waited for, and of theirs. */
  readonly reapedTicks: number;
  /** Of those children as well. */
  readonly majorFaults: number;
  readonly residentPages: number;
  readonly threads: number;
  /** Null where the kernel does not count it. */
  readonly waiting: WaitCounters | null;
  /** Null where we may not know. */
  readonly io: IoCounters | null;
}

/** Of its first thread. */
export interface WaitCounters {
  /** How long it ran, to the last tick. */
  readonly ranNs: number;
  /** How long it was runnable and had no core. */
  readonly delayNs: number;
}

/** What went to and came from devices, of the children that it has waited for as well. */
export interface IoCounters {
  readonly readBytes: number;
  readonly writtenBytes: number;
}

export type StatCounters = Omit<ProcessCounters, 'atMs' | 'waiting' | 'io'>;

/** PF_KTHREAD of the kernel's include/linux/sched.h. */
const kernelThreadFlag = 0x0020_0000;

/**
 * `/proc/PID/stat`; null when that is not what it is. A name may hold spaces, parentheses and line
 * feeds, so fields are counted from the last `)`.
 */
export function parseProcessStat(stat: string): StatCounters | null {
  const nameFrom = stat.indexOf('(');
  const nameTo = stat.lastIndexOf(')');
  if (nameFrom < 1 || nameTo < nameFrom) return null;
  const fields = stat.slice(nameTo + 2).split(' ', 22);
  const pid = Number.parseInt(stat, 10);
  const number = (index: number): number => Number(fields[index]);
  const counters = {
    pid,
    parentPid: number(1),
    startTicks: number(19),
    name: printable(stat.slice(nameFrom + 1, nameTo)),
    state: fields[0] ?? '',
    isKernel: (number(6) & kernelThreadFlag) !== 0,
    ownTicks: number(11) + number(12),
    reapedTicks: number(13) + number(14),
    majorFaults: number(9) + number(10),
    residentPages: number(21),
    threads: number(17),
  };
  const areNumbers = Object.values(counters).every((value) => !Number.isNaN(value));
  return areNumbers && counters.state.length === 1 ? counters : null;
}

/**
 * `/proc/PID/schedstat`: time on a processor, time in wait of one, turns. A process that has had no turn
 * at all is one of a kernel that does not count them.
 */
export function parseWaiting(schedstat: string): WaitCounters | null {
  const [ranNs = Number.NaN, delayNs = Number.NaN, turns = 0] = schedstat.split(' ', 3).map(Number);
  return turns > 0 && !Number.isNaN(ranNs + delayNs) ? { ranNs, delayNs } : null;
}

/** `/proc/PID/io`: only what reached a device; what the page cache answered is in other lines. */
export function parseIo(io: string): IoCounters | null {
  const readBytes = /^read_bytes: (\d+)$/m.exec(io)?.[1];
  const writtenBytes = /^write_bytes: (\d+)$/m.exec(io)?.[1];
  if (readBytes === undefined || writtenBytes === undefined) return null;
  return { readBytes: Number(readBytes), writtenBytes: Number(writtenBytes) };
}

/** A process gives itself its name, and that name goes to terminals. */
function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, '?');
}
