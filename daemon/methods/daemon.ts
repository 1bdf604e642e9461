/** daemon.* */
import type { MethodResult } from '../../rpc/contract.ts';
import type { Handlers } from '../../rpc/table.ts';

export interface DaemonMethodsContext {
  readonly status: () => MethodResult<'daemon.status'>;
  /** Begins the shutdown; called after the answer was written. */
  readonly stop: (keepModules: boolean) => void;
  readonly reload: (options: { dryRun: boolean }) => Promise<MethodResult<'daemon.reload_config'>>;
}

export function daemonMethods({
  status,
  stop,
  reload,
}: DaemonMethodsContext): Pick<Handlers, 'daemon.status' | 'daemon.stop' | 'daemon.reload_config'> {
  return {
    'daemon.status': () => status(),

    'daemon.stop': ({ keep_modules: keepModules = false }, _caller, call) => {
      call.afterAnswer(() => stop(keepModules));
      return { status: 'stopping' };
    },

    'daemon.reload_config': ({ dry_run: dryRun = false }) => reload({ dryRun }),
  };
}
