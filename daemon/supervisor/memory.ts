/**
 * What is remembered of a module in `state.json`: intent, counts and pending restart. What runs is
 * not among it: that is the keeper's to say.
 */
import type { LastExit, ModuleParams, ModuleState, Wanted } from '../../rpc/shapes.ts';

export interface ModuleMemory {
  readonly operator: Wanted | null;
  readonly finished: boolean;
  readonly state: ModuleState;
  readonly reason: string | null;
  readonly restart_count: number;
  /** Params of the operator's last start, over the configuration's. */
  readonly params: ModuleParams | null;
  /** The launch that was ready, so that an adopted one needs no second readiness. */
  readonly ready_launch: string | null;
  readonly next_restart_at: string | null;
  readonly last_exit: LastExit | null;
  readonly last_error: string | null;
  readonly log_seq: number;
}

export const blankMemory: ModuleMemory = {
  operator: null,
  finished: false,
  state: 'stopped',
  reason: null,
  restart_count: 0,
  params: null,
  ready_launch: null,
  next_restart_at: null,
  last_exit: null,
  last_error: null,
  log_seq: 0,
};

/**
 * After a clean stop or a reboot nothing of the earlier run goes on: what was wanted is started
 * anew, with its counts at zero, and a finished module is free to be wanted again.
 */
export function afterCleanStart(memory: ModuleMemory): ModuleMemory {
  const { operator, params, last_exit, log_seq, reason } = memory;
  const stuck = operator === 'down' ? reason : null;
  return { ...blankMemory, operator, params, last_exit, log_seq, reason: stuck };
}
