/** logs.* and subscription.cancel */
import { RpcError } from '../../rpc/errors.ts';
import { tailFiles } from '../../rpc/log-files.ts';
import type { Handlers } from '../../rpc/table.ts';
import type { LogFollowers } from '../logs/follow.ts';
import { LogStream } from '../logs/stream.ts';
import type { Subscriptions } from '../subscriptions.ts';

const defaultLines = 50;

export interface LogMethodsContext {
  readonly logsDir: string;
  readonly followers: LogFollowers;
  readonly subscriptions: Subscriptions;
  /** Throws −32002 for a module that does not exist. */
  readonly checkModule: (module: string) => void;
  readonly onFault: (doing: string, error: unknown) => void;
}

export function logMethods({
  logsDir,
  followers,
  subscriptions,
  checkModule,
  onFault,
}: LogMethodsContext): Pick<Handlers, 'logs.tail' | 'logs.stream' | 'subscription.cancel'> {
  return {
    'logs.tail': async ({ module = null, level = null, since = null, lines = defaultLines }) => {
      if (module !== null) checkModule(module);
      return { lines: (await tailFiles(logsDir, { module, level, since, lines })) ?? [] };
    },

    'logs.stream': async (params, caller, call) => {
      const { module = null, level = null, lines = defaultLines, from = null } = params;
      if (module !== null) checkModule(module);
      if (from !== null && module === null) {
        throw new RpcError('invalidParams', '"from" counts the lines of one module: name it');
      }
      const stream = subscriptions.add(caller, (id) => {
        const { peer } = caller;
        const selection = { module, level, lines, from };
        return new LogStream({ id, peer, logsDir, followers, ...selection, onFault });
      });
      call.afterAnswer(() => stream.subscription.start());
      return { subscription: stream.id, lines: await stream.open() };
    },

    'subscription.cancel': ({ subscription }, caller) => {
      subscriptions.cancel(caller, subscription);
      return {};
    },
  };
}
