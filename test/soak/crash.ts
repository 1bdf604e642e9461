/** What must be seen of a module that ended unasked: its exit told as it was, counted, acted on. */
import type { ModuleStatus } from '../../rpc/shapes.ts';
import type { Death } from './steps.ts';
import { Violation } from './world.ts';

export interface Crash {
  readonly before: ModuleStatus;
  readonly after: ModuleStatus;
  readonly how: Death;
  /** The keeper that launched it was dead by then, so that nobody could see how it ended. */
  readonly mayBeUnknown: boolean;
}

/** Throws a Violation when it is not so. */
export function expectCounted({ before, after, how, mayBeUnknown }: Crash): void {
  const { last_exit } = after;
  const isUnknown = mayBeUnknown && last_exit?.reason === 'custody_lost';
  const isTold = 'exit' in how ? last_exit?.code === how.exit : last_exit?.signal === how.signal;
  const isActedOn = consequence('exit' in how && !isUnknown ? how.exit : null, before, after);
  if ((isTold || isUnknown) && isActedOn) return;
  const { module, state, reason, restart_count: count } = after;
  const seen = { state, reason, counts: [before.restart_count, count], last_exit };
  throw new Violation(`"${module}" ended by ${JSON.stringify(how)}; seen: ${JSON.stringify(seen)}`);
}

/** Two exit codes have a meaning of their own. */
function consequence(code: number | null, before: ModuleStatus, after: ModuleStatus): boolean {
  const { state, reason, wanted, started_at, restart_count } = after;
  if (code === 78) return state === 'failed' && reason === 'exit_78' && wanted === 'up';
  if (code === 79) return state === 'stopped' && reason === 'halted' && wanted === 'down';
  // Not by its pid: a thread's host stays.
  const isAgain = state === 'running' && started_at !== before.started_at;
  return isAgain && restart_count === before.restart_count + 1;
}
