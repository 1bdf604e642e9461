import type { ModuleState } from '../../rpc/shapes.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { Transition } from './context.ts';

/** What an operator must look at is an error, what mends itself a warning. */
const levels: Partial<Record<ModuleState, 'warn' | 'error'>> = {
  restarting: 'warn',
  failed: 'error',
  import_failed: 'error',
};

/** One line for each change of state. */
export function logTransition(log: Log, { module, event, from, to, status }: Transition): void {
  const { reason, pid, restart_count, next_restart_at, last_error } = status;
  const fields = { module, event, from, reason, pid, restart_count, next_restart_at, last_error };
  const known = Object.entries(fields).filter(([, value]) => value !== null);
  log[levels[to] ?? 'info'](Object.fromEntries(known), `${module} is ${to}`);
}
