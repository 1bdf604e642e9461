/**
 * Why a connection ended, or could not be made:
 *
 * - `connect_timeout`, `connect_failed`: no connection, or no WebSocket at the other end of it
 * - `refused`: the server answered with an HTTP status, or closed with a code that means "not you"
 * - `closed_by_server`: it said goodbye; `reset`: it was gone without
 * - `no_data`, `no_pong`, `no_ack`: it is there and does not do what it should
 * - `bad_frame`: what it sent is no WebSocket, or too large
 * - `closed`: we did
 */
export type EndReason =
  | 'connect_timeout'
  | 'connect_failed'
  | 'refused'
  | 'closed_by_server'
  | 'reset'
  | 'no_data'
  | 'no_pong'
  | 'no_ack'
  | 'bad_frame'
  | 'closed';

/**
 * Why a socket or a `send` failed: why its connection ended, or `overflow` (nobody took what came),
 * `not_open` (there was no connection to send on), `congested` (too much waits to be sent).
 */
export type SocketErrorKind = EndReason | 'overflow' | 'not_open' | 'congested';

/** Has no address but scheme and host, and nothing of the headers: it may be logged. */
export class SocketError<Kind extends SocketErrorKind = SocketErrorKind> extends Error {
  readonly kind: Kind;
  /** Of the HTTP answer, or the code of the WebSocket's close, where there was one. */
  readonly status: number | null;
  /** What the server has asked for with `Retry-After`. */
  readonly retryAfterMs: number | null;

  constructor(kind: Kind, message: string, facts: SocketErrorFacts = {}) {
    super(message);
    this.name = 'SocketError';
    this.kind = kind;
    this.status = facts.status ?? null;
    this.retryAfterMs = facts.retryAfterMs ?? null;
  }
}

export interface SocketErrorFacts {
  readonly status?: number | null;
  readonly retryAfterMs?: number | null;
}
