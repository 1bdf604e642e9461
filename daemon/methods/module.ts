/** module.* */
import type { Caller } from '../../rpc/caller.ts';
import { RpcError } from '../../rpc/errors.ts';
import { explain } from '../../rpc/explanation.ts';
import { hostJournal } from '../../rpc/host-trouble.ts';
import { readJournal } from '../../rpc/journal-files.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { hasCode } from '../../rpc/system-error.ts';
import type { Handlers } from '../../rpc/table.ts';
import type { Cause } from '../supervisor/causes.ts';
import { restartModule, startModule, stopModule } from '../supervisor/operations.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/**
 * @param save resolves when what the answer says is on the disk
 * @param isScheduled whether it has hours, or a job that starts it
 */
export function moduleMethods(
  supervisor: Supervisor,
  save: () => Promise<void>,
  journalDir: string,
  isScheduled: (module: string) => boolean,
): Pick<
  Handlers,
  | 'module.start'
  | 'module.stop'
  | 'module.restart'
  | 'module.status'
  | 'module.list'
  | 'module.explain'
> {
  const stored = async ({ module, state }: ModuleStatus): Promise<void> => {
    try {
      await save();
    } catch (error) {
      const why = (error as Error).message;
      const remedy = hasCode(error, 'ENOSPC', 'EDQUOT') ? 'make room on the disk' : 'mend that';
      throw new RpcError(
        'internal',
        `"${module}" is ${state} now, but that could not be stored, so the next daemon would not know: ${why} — ${remedy} and ask again`,
        { state },
      );
    }
  };
  /** A refusal too comes after what was asked is on the disk: it holds as soon as it can. */
  const answered = async <A extends ModuleStatus>(operation: Promise<A>): Promise<A> => {
    const answer = await operation.catch(async (error: unknown) => {
      await save().catch(reportedElsewhere);
      throw error;
    });
    await stored(answer);
    return answer;
  };
  return {
    'module.start': ({ module, params, wait = true, timeout }, caller, { method }) => {
      const timeoutMs = timeout === undefined ? null : timeout * 1000;
      const { signal } = caller;
      const options = { cause: causeOf(caller, method), params, wait, timeoutMs, signal };
      return answered(startModule(supervisor.operable(module), options));
    },

    'module.stop': (
      { module, graceful = true, wait = true, cascade = false, until = null },
      caller,
      { method },
    ) => {
      if (until !== null && !isScheduled(supervisor.get(module).life.name))
        throw unscheduled(module);
      const cause = causeOf(caller, method);
      const options = { cause, graceful, wait, cascade, until, signal: caller.signal };
      return answered(stopModule(supervisor.operable(module), options));
    },

    'module.restart': (
      { module, force = false, params, cascade = false, timeout },
      caller,
      { method },
    ) => {
      const timeoutMs = timeout === undefined ? null : timeout * 1000;
      const cause = causeOf(caller, method);
      const { signal } = caller;
      const options = { cause, params, wait: true, timeoutMs, signal, force, cascade };
      return answered(restartModule(supervisor.operable(module), options));
    },

    'module.status': ({ module }) => supervisor.get(module).life.status(),

    'module.list': () => ({ modules: supervisor.statuses() }),

    'module.explain': ({ module, since = null }) => {
      const status = supervisor.get(module).life.status();
      const journal = readJournal(journalDir, module) ?? [];
      const host = readJournal(journalDir, hostJournal) ?? [];
      return explain({ module, since }, { journal, host }, status);
    },
  };
}

/** Only operators, and the jobs that they have written, may call what changes something. */
function causeOf({ job }: Caller, method: string): Cause {
  return job === null ? { by: 'operator', method } : { by: 'schedule', job };
}

function unscheduled(module: string): RpcError {
  const why = `"${module}" has no hours and no job that starts it: stop it without until`;
  return new RpcError('refused', why, { reason: 'unscheduled' });
}

/** The module's life stores the same, and says in the log that it could not. */
function reportedElsewhere(): void {
  return undefined;
}
