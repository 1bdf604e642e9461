/** What a process costs, as Linux counts it (proc(5)). */
import { readdirSync, readFileSync } from 'node:fs';

/** Memory that nothing else shares: what would come free if the process ended. */
export function privateBytes(pid: number): number {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return (kilobytes(rollup, 'Private_Clean') + kilobytes(rollup, 'Private_Dirty')) * 1024;
}

/** The most that was ever in memory of a process, what it shares with others included. */
export function residentPeakBytes(pid: number): number {
  return kilobytes(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmHWM') * 1024;
}

/** Time on a processor since the process began, in milliseconds, of all its threads. */
export function cpuMs(pid: number): number {
  const times = threadsOf(pid).map((thread) =>
    Number(readFileSync(`${thread}/schedstat`, 'utf8').split(' ')[0]),
  );
  return sum(times) / 1e6;
}

/** How often its threads have waited for something and were woken since the process began. */
export function wakeUps(pid: number): number {
  return sum(
    threadsOf(pid).map((thread) => {
      const status = readFileSync(`${thread}/status`, 'utf8');
      return Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(status)?.[1]);
    }),
  );
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function threadsOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`);
}

function kilobytes(rollup: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(rollup)?.[1]);
}
