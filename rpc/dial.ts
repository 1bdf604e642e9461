import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Dispatcher, type LogInternalError, type Method } from './dispatch.ts';
import { parseEndpoint } from './endpoint.ts';
import { DaemonUnreachableError } from './errors.ts';
import { Peer } from './peer.ts';

export interface DialOptions {
  /** Answers the daemon's calls. */
  readonly methods: ReadonlyMap<string, Method<null>>;
  /** Gets every call and notification outside `methods`; throws "no such method" for the calls. */
  readonly fallback: Method<null>;
  readonly logInternalError: LogInternalError;
  /** Gives up dialling; has no effect on the open connection. */
  readonly signal: AbortSignal;
}

/**
 * Opens a connection to the daemon, unauthenticated. Rejects with DaemonUnreachableError, or with
 * the reason of `signal`.
 */
export async function dial(endpoint: string, options: DialOptions): Promise<Peer> {
  const address = parseEndpoint(endpoint);
  const socket =
    address.transport === 'unix'
      ? connect({ path: address.path, allowHalfOpen: true })
      : connect({ host: '127.0.0.1', port: address.port, allowHalfOpen: true });
  await connected(socket, endpoint, options.signal);
  const { methods, fallback, logInternalError } = options;
  const dispatcher = new Dispatcher<null>({ methods, fallback, logInternalError });
  return new Peer(socket, {
    answer: (calls) => dispatcher.answer(calls, null),
    limits: { lineBytesMax: 64 * 1024 * 1024, callsInFlightMax: 256, takesAnswers: true },
    badLines: 'destroy',
    stopsReadingWhenCongested: false,
  });
}

async function connected(socket: Socket, endpoint: string, signal: AbortSignal): Promise<void> {
  try {
    await once(socket, 'connect', { signal });
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new DaemonUnreachableError(endpoint, code, { cause: error });
  }
}
