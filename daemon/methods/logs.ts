/** logs.* and subscription.cancel */
import { answerLengthMaxDefault, answerTooLarge } from '../../rpc/dispatch.ts';
import { RpcError } from '../../rpc/errors.ts';
import { tailFiles, TooMuchLogError } from '../../rpc/log-files.ts';
import type { Caller } from '../../rpc/caller.ts';
import type { Call } from '../../rpc/dispatch.ts';
import type { Handlers } from '../../rpc/table.ts';
import type { LogFollowers } from '../logs/follow.ts';
import { ReadingTurns } from '../logs/reading-turns.ts';
import { LogStream } from '../logs/stream.ts';
import type { Subscriptions } from '../api/subscriptions.ts';

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
  const turns = new ReadingTurns();
  const read = async <T>(caller: Caller, call: Call<Caller>, stored: () => Promise<T>) => {
    try {
      return await turns.take(stored, caller.signal);
    } catch (error) {
      if (error instanceof TooMuchLogError) throw answerTooLarge(call.method);
      if (!caller.signal.aborted) throw error;
      throw new RpcError('refused', 'the connection is gone', { reason: 'gone' });
    }
  };
  return {
    'logs.tail': async (params, caller, call) => {
      const { module = null, level = null, since = null, lines = defaultLines } = params;
      if (module !== null) checkModule(module);
      const selection = { module, level, since, lines };
      const stored = () => tailFiles(logsDir, selection, answerLengthMaxDefault);
      return { lines: (await read(caller, call, stored)) ?? [] };
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
      try {
        const stored = await read(caller, call, () => stream.open());
        call.afterAnswer(() => stream.start());
        return { subscription: stream.id, lines: stored };
      } catch (error) {
        // Nobody was told its name, so nobody could cancel it.
        stream.subscription.cancel();
        throw error;
      }
    },

    'subscription.cancel': ({ subscription }, caller) => {
      subscriptions.cancel(caller, subscription);
      return {};
    },
  };
}
