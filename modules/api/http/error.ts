import type { PoolHolder } from '../connection-pool/error.ts';
import type { HttpResponse } from './response.ts';

/** Why a request came to nothing, and what there is to know of it. */
export type HttpFailure =
  /** It cannot be sent: its URL, method, headers or body are wrong. */
  | { readonly kind: 'invalid' }
  /** No connection to the host came free: none was closed, none was reset, nothing was sent. */
  | {
      readonly kind: 'pool_exhausted';
      readonly max: number;
      readonly waitedMs: number;
      readonly holders: readonly PoolHolder[];
    }
  /** No connection: name not found, refused, TLS. `code` is Node's. */
  | { readonly kind: 'connect'; readonly code: string }
  /**
   * `connect`: no connection in time. `stall`: connected, and then no answer, or no further byte of
   * it, for so long. `total`: the request took longer, with all its attempts, than it was given.
   */
  | {
      readonly kind: 'timeout';
      readonly limit: 'connect' | 'stall' | 'total';
      readonly limitMs: number;
    }
  /** The caller's signal was aborted; its reason is the error's `cause`. */
  | { readonly kind: 'cancelled' }
  /** The connection broke, or what came is not HTTP. */
  | { readonly kind: 'network'; readonly code: string; readonly wasReused: boolean }
  /** Another status than was expected, with the whole answer. */
  | {
      readonly kind: 'status';
      readonly response: HttpResponse;
      readonly retryAfterMs: number | null;
    }
  /** Not sent: the host has banned us (418), or asked to be left alone for longer than we may wait. */
  | { readonly kind: 'held'; readonly status: 418 | 429; readonly retryAfterMs: number }
  | { readonly kind: 'redirect'; readonly status: number }
  | { readonly kind: 'body_too_large'; readonly bytesMax: number }
  /** The body is not what its Content-Encoding says, or that is none we know. */
  | { readonly kind: 'bad_encoding'; readonly encoding: string }
  | { readonly kind: 'not_json'; readonly response: HttpResponse }
  /** The client was closed. */
  | { readonly kind: 'closed' };

export type HttpErrorKind = HttpFailure['kind'];

/**
 * A request failed. The message names method and URL without its query, and neither headers nor body
 * of the request: it may be logged as it is.
 */
export class HttpError extends Error {
  readonly kind: HttpErrorKind;
  readonly attempts: number;
  /**
   * False when the server surely has not seen it. True means that nobody knows: what was to happen
   * may have happened, also after a status of 500 and above.
   */
  readonly mayHaveArrived: boolean;
  // Not enumerable: whoever prints an error does not print a body of megabytes.
  readonly #failure: HttpFailure;

  constructor(
    message: string,
    failure: HttpFailure,
    known: {
      readonly attempts: number;
      readonly mayHaveArrived: boolean;
      readonly cause?: unknown;
    },
  ) {
    super(message, known.cause === undefined ? undefined : { cause: known.cause });
    this.name = 'HttpError';
    this.kind = failure.kind;
    this.#failure = failure;
    this.attempts = known.attempts;
    this.mayHaveArrived = known.mayHaveArrived;
  }

  /** To be told apart by its `kind`. */
  get failure(): HttpFailure {
    return this.#failure;
  }
}
