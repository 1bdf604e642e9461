/**
 * What is remembered of a module in `state.json`: intent, counts and pending restart. What runs is
 * not among it: that is the keeper's to say.
 */
import * as z from 'zod';
import { lastExit, moduleParams, moduleState, wanted } from '../../rpc/shapes.ts';

export const moduleMemory = z.object({
  operator: wanted.nullable(),
  halted: z.boolean().default(false),
  until_schedule: z.boolean().default(false),
  finished: z.boolean(),
  state: moduleState,
  reason: z.string().nullable(),
  restart_count: z.int().nonnegative(),
  /** Params of the operator's last start, over the configuration's. */
  params: moduleParams.nullable(),
  /** The launch that was ready, so that an adopted one needs no second readiness. */
  ready_launch: z.string().nullable(),
  /** The last launch whose exit is in here, so that the same exit is not taken for another one. */
  ended_launch: z.string().nullable().default(null),
  next_restart_at: z.iso.datetime().nullable(),
  last_exit: lastExit.nullable(),
  last_error: z.string().nullable(),
  log_seq: z.int().nonnegative(),
});
export type ModuleMemory = Readonly<z.infer<typeof moduleMemory>>;

export const blankMemory: ModuleMemory = {
  operator: null,
  halted: false,
  until_schedule: false,
  finished: false,
  state: 'stopped',
  reason: null,
  restart_count: 0,
  params: null,
  ready_launch: null,
  ended_launch: null,
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
  const { operator, halted, until_schedule, params, ended_launch, last_exit, log_seq } = memory;
  const reason = operator === 'down' ? memory.reason : null;
  const intent = { operator, halted, until_schedule, params, reason };
  return { ...blankMemory, ...intent, ended_launch, last_exit, log_seq };
}
