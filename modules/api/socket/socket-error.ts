/**
 * Why a connection ended, or could not be made:
 *
 * - `connect-timeout`, `connect-failed`: no connection, or no WebSocket at the other end of it
 * - `refused`: the server answered with an HTTP status, or closed with a code that means "not you"
 * - `closed-by-server`: it said goodbye; `reset`: it was gone without
 * - `no-data`, `no-pong`, `no-ack`: it is there and does not do what it should
 * - `bad-frame`: what it sent is no WebSocket, or too large
 * - `closed`: we did
 */
export type EndReason =
  | 'connect-timeout'
  | 'connect-failed'
  | 'refused'
  | 'closed-by-server'
  | 'reset'
  | 'no-data'
  | 'no-pong'
  | 'no-ack'
  | 'bad-frame'
  | 'closed';

/**
 * Why a socket or a `send` failed: why its connection ended, or `overflow` (nobody took what came),
 * `not-open` (there was no connection to send on), `congested` (too much waits to be sent).
 */
export type SocketErrorCode = EndReason | 'overflow' | 'not-open' | 'congested';

/** Has no address but scheme and host, and nothing of the headers: it may be logged. */
export class SocketError<Code extends SocketErrorCode = SocketErrorCode> extends Error {
  readonly code: Code;
  /** Of the HTTP answer, or the code of the WebSocket's close, where there was one. */
  readonly status: number | null;
  /** What the server has asked for with `Retry-After`. */
  readonly retryAfterMs: number | null;

  constructor(code: Code, message: string, facts: SocketErrorFacts = {}) {
    super(message);
    this.name = 'SocketError';
    this.code = code;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
  }
}

export interface SocketErrorFacts {
  readonly status?: number | null;
  readonly retryAfterMs?: number | null;
}
