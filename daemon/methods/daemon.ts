/** daemon.* */
import type { MethodResult } from '../../rpc/contract.ts';
import type { Handlers } from '../../rpc/table.ts';

export interface DaemonMethodsContext {
  readonly status: () => MethodResult<'daemon.status'>;
  /** Begins the shutdown; called after the answer was written. */
  readonly stop: (keepModules: boolean) => void;
}

export function daemonMethods({
  status,
  stop,
}: DaemonMethodsContext): Pick<Handlers, 'daemon.status' | 'daemon.stop'> {
  return {
    'daemon.status': () => status(),

    'daemon.stop': ({ keep_modules: keepModules = false }, _caller, call) => {
      call.afterAnswer(() => stop(keepModules));
      return { status: 'stopping' };
    },
  };
}
