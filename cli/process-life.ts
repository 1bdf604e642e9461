import { readFileSync } from 'node:fs';
import { hasCode } from '../rpc/system-error.ts';

/**
 * What tells this run of a process from a later one under the same pid; null when no such process
 * runs. A zombie is gone: where nobody reaps it, it would answer signal 0 for ever.
 */
export function processIdentity(pid: number): string | null {
  return process.platform === 'linux' ? identityFromProc(pid) : identityFromSignal(pid);
}

// proc(5): the name in parentheses may hold anything, so fields count from the last parenthesis.
// The first after it is the state (field 3), the twentieth the start time in ticks (field 22).
function identityFromProc(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH')) return null;
    throw error;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state] = fields;
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
}

function identityFromSignal(pid: number): string | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return null;
    // EPERM: it runs, as somebody else's.
    if (!hasCode(error, 'EPERM')) throw error;
  }
  return 'alive';
}
