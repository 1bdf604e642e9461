import { resolve } from 'node:path';
import { homeDirectory, homePaths } from '../config/paths.ts';
import { connect } from '../rpc/client.ts';
import type { CallOptions, RpcClient } from '../rpc/client.ts';
import type { MethodName, MethodParams, MethodResult } from '../rpc/contract.ts';
import { parseEndpoint, readToken } from '../rpc/endpoint.ts';
import { DaemonUnreachableError, RpcError } from '../rpc/errors.ts';
import { CliError, exitStatus } from './failure.ts';
import type { GlobalOptions, Session } from './session.ts';

/** For methods that answer at once; the daemon gives calls that it passes on to a module 30 s. */
const answerDeadlineMs = 35_000;

/**
 * For methods that wait for a module. The daemon bounds those itself and answers "timed out", so this
 * only ends the wait on a daemon that hangs.
 */
export const lifecycleDeadlineMs = 600_000;

/** One open connection, with the session's deadline and Ctrl-C on every call. */
export class DaemonConnection {
  readonly client: RpcClient;
  readonly #session: Session;

  constructor(client: RpcClient, session: Session) {
    this.client = client;
    this.#session = session;
  }

  /** @param timeoutMs default: `--timeout`, else somewhat more than any quick method takes */
  call<M extends MethodName>(
    method: M,
    params: MethodParams<M>,
    timeoutMs?: number,
  ): Promise<MethodResult<M>> {
    return this.client.call(method, params, this.#bounds(timeoutMs));
  }

  /** A method by a name that is not in the contract, such as one that a module has claimed. */
  callAny(method: string, params: object | undefined, timeoutMs?: number): Promise<unknown> {
    return this.client.callAny(method, params, this.#bounds(timeoutMs));
  }

  #bounds(timeoutMs?: number): CallOptions {
    const { options, interrupted } = this.#session;
    return { timeoutMs: timeoutMs ?? timeoutOf(options, answerDeadlineMs), signal: interrupted };
  }
}

/** Nothing listens where the daemon would. */
class NotRunningError extends CliError {
  constructor(message: string) {
    super(exitStatus.notRunning, message);
  }
}

/** Connects, lets `use` make its calls, and closes the connection whatever happens. */
export async function withDaemon<T>(
  session: Session,
  use: (daemon: DaemonConnection) => Promise<T>,
): Promise<T> {
  const client = await connectOrExplain(session);
  try {
    return await use(new DaemonConnection(client, session));
  } finally {
    // Somebody who pressed Ctrl-C does not wait for answers that are under way.
    if (session.interrupted.aborted) client.destroy();
    else await client.close();
  }
}

/** As `withDaemon`, but null when no daemon runs. */
export async function withDaemonIfAny<T>(
  session: Session,
  use: (daemon: DaemonConnection) => Promise<T>,
): Promise<T | null> {
  try {
    return await withDaemon(session, use);
  } catch (error) {
    if (error instanceof NotRunningError) return null;
    throw error;
  }
}

/** `--timeout` in milliseconds. */
export function timeoutOf({ timeout }: GlobalOptions, otherwiseMs: number): number {
  return timeout === undefined ? otherwiseMs : timeout * 1000;
}

/** The home directory that the session is about. */
export function sessionHome({ home }: GlobalOptions): string {
  return homeDirectory({ home, env: process.env });
}

/**
 * The endpoint that `--socket` names: one as in the `endpoint` file, or the bare path of a socket.
 *
 * @throws when it has the form of an endpoint but is none
 */
export function endpointOf(text: string): string {
  const endpoint = /^(unix|tcp):/.test(text) ? text : `unix:${resolve(text)}`;
  parseEndpoint(endpoint);
  return endpoint;
}

async function connectOrExplain(session: Session): Promise<RpcClient> {
  const { options, interrupted: signal } = session;
  const home = sessionHome(options);
  try {
    if (options.socket === undefined) return await connect({ home }, { signal });
    return await connectTo(options.socket, home, signal);
  } catch (error) {
    if (error instanceof DaemonUnreachableError) throw unreachable(error, options);
    throw error;
  }
}

async function connectTo(endpoint: string, home: string, signal: AbortSignal): Promise<RpcClient> {
  const token = process.env['DAEMON_AUTH_TOKEN'] ?? readToken(home);
  if (token === null) return connect({ endpoint }, { signal });
  try {
    return await connect({ endpoint, token }, { signal });
  } catch (error) {
    // The socket may be another home's, and a Unix socket usually asks for no token.
    const isRefused = error instanceof RpcError && error.is('unauthenticated');
    if (!isRefused || !endpoint.startsWith('unix:')) throw error;
    return connect({ endpoint }, { signal });
  }
}

/** Of a path too long for a socket Node 24 says EINVAL, Node 22 ENOENT. */
const nobodyListens: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED', 'EINVAL']);

function unreachable({ tried, reason }: DaemonUnreachableError, options: GlobalOptions): CliError {
  if (!nobodyListens.has(reason)) {
    const status = reason === 'EACCES' ? exitStatus.refused : exitStatus.failed;
    return new CliError(
      status,
      `cannot reach the daemon at ${tried} (${reason})${adviceFor(reason, options)}`,
    );
  }
  const { home } = options;
  const start = home === undefined ? 'daemon start' : `daemon start --home ${sessionHome(options)}`;
  return new NotRunningError(
    `the daemon is not running: nothing answers at ${tried} (${reason}) — start it with: superbot-cli ${start}`,
  );
}

/** It has the socket, and does not even say that it is there. */
function adviceFor(reason: string, options: GlobalOptions): string {
  if (reason !== 'timeout' || options.socket !== undefined) return '';
  const { daemonPid } = homePaths(sessionHome(options));
  return `: it hangs, or somebody stopped its process — wait, or end it alone with: kill -9 $(cat ${daemonPid}); its modules run on, and its keeper starts it again`;
}
