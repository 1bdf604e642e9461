/** module.* */
import type { Handlers } from '../../rpc/table.ts';
import { restartModule, startModule, stopModule } from '../supervisor/operations.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

/** @param stored resolves when what the answer says is on the disk */
export function moduleMethods(
  supervisor: Supervisor,
  stored: () => Promise<void>,
): Pick<
  Handlers,
  'module.start' | 'module.stop' | 'module.restart' | 'module.status' | 'module.list'
> {
  return {
    'module.start': async ({ module, params, wait = true, timeout }, { signal }) => {
      const timeoutMs = timeout === undefined ? null : timeout * 1000;
      const options = { params, wait, timeoutMs, signal };
      const answer = await startModule(supervisor.operable(module), options);
      await stored();
      return answer;
    },

    'module.stop': async (
      { module, graceful = true, wait = true, cascade = false },
      { signal },
    ) => {
      const answer = await stopModule(supervisor.operable(module), {
        graceful,
        wait,
        cascade,
        signal,
      });
      await stored();
      return answer;
    },

    'module.restart': async (
      { module, force = false, params, cascade = false, timeout },
      { signal },
    ) => {
      const timeoutMs = timeout === undefined ? null : timeout * 1000;
      const options = { params, wait: true, timeoutMs, signal, force, cascade };
      const answer = await restartModule(supervisor.operable(module), options);
      await stored();
      return answer;
    },

    'module.status': ({ module }) => supervisor.get(module).life.status(),

    'module.list': () => ({ modules: supervisor.statuses() }),
  };
}
