/**
 * The client of the daemon, for the command line, for modules and, as `superbot/client`, for
 * everybody's scripts. Takes only types from the contract, so it needs none of its schemas.
 */
import type { CallOptions } from './calls.ts';
import type { MethodName, MethodParams, MethodResult } from './contract.ts';
import { dial } from './dial.ts';
import { methodNotFound, type Call, type LogInternalError } from './dispatch.ts';
import { defaultHome, homeEndpoint, parseEndpoint, readToken } from './endpoint.ts';
import { DaemonUnreachableError, RpcError } from './errors.ts';
import type { Peer } from './peer.ts';

export type { CallOptions } from './calls.ts';
export type { MethodName, MethodParams, MethodResult } from './contract.ts';
export { ConnectionClosedError, DaemonUnreachableError, RpcError } from './errors.ts';

/** A home directory (default: SUPERBOT_HOME, else ~/.superbot), or an endpoint as in its file. */
export type ConnectTarget = { home?: string } | { endpoint: string; token?: string };

export interface ConnectOptions {
  /** For connecting and authenticating together, in milliseconds. Default 5000. */
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Answers calls that the daemon makes on this connection. */
  readonly methods?: Readonly<Record<string, (params: unknown) => unknown>>;
  /** Told of errors thrown by `methods` and notification handlers. Default: a line on stderr. */
  readonly logInternalError?: LogInternalError;
}

export type NotificationHandler = (method: string, params: unknown) => void;

/** The params may be left out where every one of them is optional. */
type CallArguments<M extends MethodName> =
  IsAllOptional<MethodParams<M>> extends true
    ? [params?: MethodParams<M>, options?: CallOptions]
    : [params: MethodParams<M>, options?: CallOptions];

// An index signature, which "no params" has, never equals its own Partial.
type IsAllOptional<P> =
  P extends Record<string, never> ? true : Partial<P> extends P ? true : false;

/**
 * Connects and, where a token is known, logs in with it. Rejects with DaemonUnreachableError when
 * nobody answers and with RpcError `unauthenticated` when the token is wrong.
 */
export async function connect(
  target: ConnectTarget = {},
  options: ConnectOptions = {},
): Promise<RpcClient> {
  const deadline = AbortSignal.timeout(options.connectTimeoutMs ?? 5000);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  const { endpoint, token, isTokenNeeded } = locate(target);
  try {
    if (token === null) return await open(endpoint, options, signal);
    try {
      return await login(await open(endpoint, options, signal), token, signal);
    } catch (error) {
      const isRefused = error instanceof RpcError && error.is('unauthenticated');
      if (isTokenNeeded || !isRefused) throw error;
      // A Unix socket usually asks for none, and the file may be older than the daemon.
      return await open(endpoint, options, signal);
    }
  } catch (error) {
    if (!deadline.aborted) throw error;
    throw new DaemonUnreachableError(endpoint, 'timeout', { cause: error });
  }
}

/** One open connection to the daemon. It does not reconnect. */
export class RpcClient {
  /** Resolves when the connection is gone, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #peer: Peer;
  readonly #handlers: Set<NotificationHandler>;

  constructor(peer: Peer, handlers: Set<NotificationHandler>) {
    this.#peer = peer;
    this.#handlers = handlers;
    this.closed = peer.closed;
  }

  /** Rejects with RpcError, with ConnectionClosedError, or with the abort reason of its signal. */
  async call<M extends MethodName>(
    method: M,
    ...[params, options]: CallArguments<M>
  ): Promise<MethodResult<M>> {
    return (await this.#peer.call(method, params, options)) as MethodResult<M>;
  }

  /** Like `call`, for methods that the contract does not list, such as those modules have claimed. */
  callAny(method: string, params?: object, options?: CallOptions): Promise<unknown> {
    return this.#peer.call(method, params, options);
  }

  /** Hears every notification until the returned function is called. */
  onNotification(handler: NotificationHandler): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Ends the connection and resolves when it is gone; waiting calls reject. */
  close(): Promise<void> {
    return this.#peer.close();
  }

  /** Ends the connection at once, for whoever will not wait for answers that are under way. */
  destroy(): void {
    this.#peer.destroy();
  }
}

interface Located {
  endpoint: string;
  token: string | null;
  isTokenNeeded: boolean;
}

function locate(target: ConnectTarget): Located {
  if ('endpoint' in target) {
    return { endpoint: target.endpoint, token: target.token ?? null, isTokenNeeded: true };
  }
  const home = target.home ?? defaultHome();
  const endpoint = homeEndpoint(home);
  const isTokenNeeded = parseEndpoint(endpoint).transport === 'tcp';
  return { endpoint, token: readToken(home), isTokenNeeded };
}

async function open(
  endpoint: string,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<RpcClient> {
  const handlers = new Set<NotificationHandler>();
  const methods = Object.entries(options.methods ?? {}).map(
    ([name, method]) => [name, ({ params }: Call<null>) => method(params)] as const,
  );
  const peer = await dial(endpoint, {
    methods: new Map(methods),
    fallback: ({ method, params, isNotification }) => {
      if (!isNotification) throw methodNotFound(method);
      for (const handler of [...handlers]) handler(method, params);
    },
    logInternalError: options.logInternalError ?? warn,
    signal,
  });
  return new RpcClient(peer, handlers);
}

async function login(client: RpcClient, token: string, signal: AbortSignal): Promise<RpcClient> {
  try {
    await client.call('auth.login', { token }, { signal });
    return client;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

function warn(reference: string, error: unknown, method: string): void {
  console.error(`${method} failed (reference ${reference}):`, error);
}
