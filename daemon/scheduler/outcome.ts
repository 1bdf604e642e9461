/** One run of a job: the call, and what follows from it, as the result that is kept. */
import { RpcError } from '../../rpc/errors.ts';
import type { JobResult } from '../../rpc/shapes-schedule.ts';
import type { JobConfig } from '../../config/resolve-schedule.ts';
import type { ModuleEnd, ScheduleContext } from './context.ts';

/** No method takes longer to answer: then the job has failed, whatever becomes of the call. */
const callMsMax = 3_600_000;

/** Of what a method answers, in the log. */
const answerLengthMax = 16_384;

/**
 * Resolves when the run is over; null when the signal ended the wait, so that nobody knows how it
 * went. Never rejects.
 */
export async function outcomeOf(
  job: string,
  { method, params }: Pick<JobConfig, 'method' | 'params'>,
  context: ScheduleContext,
  stopped: AbortSignal,
): Promise<JobResult | null> {
  try {
    const answer = await callInTime(job, method, params, context, stopped);
    context.log.info({ job, answer: shortened(answer) }, 'the call of a job was answered');
    const end = startedModule(method, params, context, stopped);
    return resultOf(end === null ? { status: 'done' } : await end, context);
  } catch (error) {
    return stopped.aborted ? null : failure(error, context);
  }
}

/** How the module that a job has started goes on under the next daemon; null when it does not. */
export async function outcomeOfAdopted(
  { method, params }: Pick<JobConfig, 'method' | 'params'>,
  context: ScheduleContext,
  stopped: AbortSignal,
): Promise<JobResult | null> {
  const end = startedModule(method, params, context, stopped);
  if (end === null) return resultOf({ status: 'interrupted' }, context);
  try {
    return resultOf(await end, context);
  } catch (error) {
    return stopped.aborted ? null : failure(error, context);
  }
}

function startedModule(
  method: string,
  { module }: JobConfig['params'],
  { modules }: ScheduleContext,
  stopped: AbortSignal,
): Promise<ModuleEnd> | null {
  if (method !== 'module.start' || typeof module !== 'string') return null;
  return modules.endOf(module, stopped);
}

async function callInTime(
  job: string,
  method: string,
  params: object,
  { system, call }: ScheduleContext,
  stopped: AbortSignal,
): Promise<unknown> {
  // Not `AbortSignal.any`: its signals are never collected while the scheduler's lives and they have a
  // listener, and each run would leave one.
  const over = new AbortController();
  const onStop = (): void => over.abort(stopped.reason);
  stopped.addEventListener('abort', onStop);
  const why = `${method} gave no answer within ${callMsMax / 1000} s`;
  const timer = system.after(callMsMax, () => over.abort(new RpcError('timeout', why)));
  const ended = new Promise<never>((_resolve, reject) => {
    over.signal.addEventListener('abort', () => reject(over.signal.reason as Error));
  });
  try {
    return await Promise.race([call(job, method, params, over.signal), ended]);
  } finally {
    timer.cancel();
    stopped.removeEventListener('abort', onStop);
  }
}

/** A report has its text there; of what is longer, the beginning as text. */
function shortened(answer: unknown): unknown {
  const text = JSON.stringify(answer ?? null);
  return text.length <= answerLengthMax ? answer : `${text.slice(0, answerLengthMax)}…`;
}

function resultOf(end: ModuleEnd, { system }: ScheduleContext): JobResult {
  const ended_at = new Date(system.now()).toISOString();
  const error =
    end.status === 'failed'
      ? { code: new RpcError('startFailed', '').code, message: end.why }
      : null;
  return { status: end.status, ended_at, error };
}

function failure(error: unknown, { system }: ScheduleContext): JobResult {
  const ended_at = new Date(system.now()).toISOString();
  const { code, message } =
    error instanceof RpcError ? error : new RpcError('internal', String(error));
  const status = isForOperator(error) ? 'skipped' : 'failed';
  return { status, ended_at, error: { code, message } };
}

/** An operator keeps the module down, which is no fault of the job's. */
function isForOperator(error: unknown): boolean {
  if (!(error instanceof RpcError && error.is('refused'))) return false;
  const { reason } = (error.data ?? {}) as { reason?: unknown };
  return reason === 'operator' || reason === 'halted' || reason === 'disabled';
}
