/**
 * The error catalogue: every code that a caller can meet, with the exit status that the CLI gives it.
 * The table in the user's contract and in docs/rpc.md says the same.
 */

export const errorCatalogue = {
  parse: { code: -32700, exitStatus: 1, title: 'parse error' },
  invalidRequest: { code: -32600, exitStatus: 1, title: 'invalid request' },
  methodNotFound: { code: -32601, exitStatus: 4, title: 'no such method' },
  invalidParams: { code: -32602, exitStatus: 1, title: 'invalid params' },
  internal: { code: -32603, exitStatus: 1, title: 'internal error' },
  unauthenticated: { code: -32001, exitStatus: 5, title: 'authentication failed' },
  notFound: { code: -32002, exitStatus: 4, title: 'no such module, job or subscription' },
  startFailed: { code: -32003, exitStatus: 1, title: 'start failed' },
  notRunning: { code: -32004, exitStatus: 1, title: 'module not running, or its link is away' },
  dependency: { code: -32005, exitStatus: 1, title: 'dependency not available' },
  timeout: { code: -32006, exitStatus: 6, title: 'timed out, still in progress' },
  refused: { code: -32007, exitStatus: 5, title: 'refused' },
  configInvalid: { code: -32008, exitStatus: 1, title: 'configuration invalid' },
} as const;

export type ErrorKind = keyof typeof errorCatalogue;

/** An error that may leave the process: its message and data are for the caller's eyes. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;

  /** @param code a kind of the catalogue, or a module's own numeric code when it is passed through */
  constructor(code: ErrorKind | number, message: string, data?: unknown, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RpcError';
    this.code = typeof code === 'number' ? code : errorCatalogue[code].code;
    this.data = data;
  }

  is(kind: ErrorKind): boolean {
    return this.code === errorCatalogue[kind].code;
  }
}

/** The connection ended before the answer came: whether the call was carried out is not known. */
export class ConnectionClosedError extends Error {
  constructor(options?: ErrorOptions, why = '') {
    super(`the connection closed before the answer came${why}`, options);
    this.name = 'ConnectionClosedError';
  }
}

/** Nothing answers at the endpoint. */
export class DaemonUnreachableError extends Error {
  /** What was tried: `unix:<path>`, `tcp:127.0.0.1:<port>`, or the endpoint file that is missing. */
  readonly tried: string;
  /** `no_endpoint_file`, `timeout`, or the system's code such as ENOENT or ECONNREFUSED. */
  readonly reason: string;

  constructor(tried: string, reason: string, options?: ErrorOptions) {
    super(`cannot reach the daemon at ${tried} (${reason}) — is it running?`, options);
    this.name = 'DaemonUnreachableError';
    this.tried = tried;
    this.reason = reason;
  }
}

/** The CLI's exit status for an error code; codes outside the catalogue are plain failures (1). */
export function exitStatusOf(code: number): number {
  for (const entry of Object.values(errorCatalogue)) {
    if (entry.code === code) return entry.exitStatus;
  }
  return 1;
}
