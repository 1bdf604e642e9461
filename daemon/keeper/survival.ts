/** Why a process is there although it got SIGKILL: what an operator has to look at next. */
import { statSync } from 'node:fs';
import { hasProc, type ProcessInfo, processState } from '../processes.ts';

/** As a clause, such as `which belongs to uid 0`; null when nothing is known of it. */
export function whyItSurvives({ pid }: Pick<ProcessInfo, 'pid'>): string | null {
  if (isRefused(pid)) return `which belongs to ${ownerOf(pid)}: we may not signal it`;
  switch (processState(pid)) {
    case 'D':
      return 'which waits in the kernel (state D), such as for a disk that does not answer: it ends when that returns';
    case 't':
      return 'which a debugger holds: end that';
    case 'Z':
      return 'of which the first thread has ended and others have not';
    case null:
    default:
      return null;
  }
}

function isRefused(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // ESRCH: it has just ended after all.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function ownerOf(pid: number): string {
  if (!hasProc) return 'another user';
  // Of /proc itself, which belongs to whom the process belongs to (proc(5)).
  const stats = statSync(`/proc/${pid}`, { throwIfNoEntry: false });
  return stats === undefined ? 'another user' : `uid ${stats.uid}`;
}
