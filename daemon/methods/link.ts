/** link.* and auth.login */
import type { Caller, Identify, ModuleIdentity } from '../../rpc/caller.ts';
import { loginHandler } from '../../rpc/caller.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Handlers } from '../../rpc/table.ts';
import type { Links } from '../api/links.ts';
import type { Supervisor } from '../supervisor/supervisor.ts';

export function linkMethods(
  links: Links,
  supervisor: Supervisor,
  identify: Identify,
  configVersion: () => number,
  messageBytesMax: number,
): Pick<Handlers, 'link.hello' | 'link.ready' | 'link.halt' | 'auth.login'> {
  return {
    'auth.login': loginHandler(identify),

    'link.hello': (params, caller) => ({
      ...links.hello(params, caller),
      config_version: configVersion(),
      max_message_bytes: messageBytesMax,
    }),

    'link.ready': (_params, caller) => {
      const { name, launch } = callingModule(caller);
      supervisor.get(name).linkSaysReady(launch);
      return {};
    },

    'link.halt': ({ reason }, caller, call) => {
      const { name, launch } = callingModule(caller);
      const module = supervisor.get(name);
      // After the answer, because halting ends the link that it travels on.
      if (module.life.facts.launch?.id === launch) call.afterAnswer(() => module.halt(reason));
      return {};
    },
  };
}

function callingModule({ module }: Caller): ModuleIdentity {
  if (module) return module;
  throw new RpcError('refused', 'only a module may call this, after link.hello', {
    reason: 'not_a_module',
  });
}
