/** module.* */
import { RpcError } from '../../rpc/errors.ts';
import { explain } from '../../rpc/explanation.ts';
import { readJournal } from '../../rpc/journal-files.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import type { Handlers } from '../../rpc/table.ts';
import type { Cause } from '../supervisor/causes.ts';
import { restartModule, startModule, stopModule } from '../supervisor/operations.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** @param save resolves when what the answer says is on the disk */
export function moduleMethods(
  supervisor: Supervisor,
  save: () => Promise<void>,
  journalDir: string,
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
      throw new RpcError(
        'internal',
        `"${module}" is ${state} now, but that could not be stored, so the next daemon would not know: ${why} — make room on the disk and ask again`,
        { state },
      );
    }
  };
  return {
    'module.start': async ({ module, params, wait = true, timeout }, { signal }, { method }) => {
      const timeoutMs = timeout === undefined ? null : timeout * 1000;
      const options = { cause: operator(method), params, wait, timeoutMs, signal };
      const answer = await startModule(supervisor.operable(module), options);
      await stored(answer);
      return answer;
    },

    'module.stop': async (
      { module, graceful = true, wait = true, cascade = false },
      { signal },
      { method },
    ) => {
      const answer = await stopModule(supervisor.operable(module), {
        cause: operator(method),
        graceful,
        wait,
        cascade,
        signal,
      });
      await stored(answer);
      return answer;
    },

    'module.restart': async (
      { module, force = false, params, cascade = false, timeout },
      { signal },
      { method },
    ) => {
      const timeoutMs = timeout === undefined ? null : timeout * 1000;
      const cause = operator(method);
      const options = { cause, params, wait: true, timeoutMs, signal, force, cascade };
      const answer = await restartModule(supervisor.operable(module), options);
      await stored(answer);
      return answer;
    },

    'module.status': ({ module }) => supervisor.get(module).life.status(),

    'module.list': () => ({ modules: supervisor.statuses() }),

    'module.explain': ({ module, since = null }) => {
      const status = supervisor.get(module).life.status();
      return explain({ module, since }, readJournal(journalDir, module) ?? [], status);
    },
  };
}

/** Only operators may call the methods that change something. */
function operator(method: string): Cause {
  return { by: 'operator', method };
}
