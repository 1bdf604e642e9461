/** Why the venue gave no answer that can be read. */
export type VenueFailure =
  /** No answer, or one of another status; `status` is null where none came. */
  | { readonly kind: 'unanswered'; readonly status: number | null }
  /** Not asked: it wants to be left alone for longer than a cycle waits. */
  | { readonly kind: 'held'; readonly retryAfterMs: number }
  /** An answer with another content than is documented; `raw` is how it begins. */
  | { readonly kind: 'garbled'; readonly raw: string }
  /** Paging led back to where it had been. */
  | { readonly kind: 'loop' };

/** The message says what was asked for, and may be logged. */
export class VenueError extends Error {
  readonly failure: VenueFailure;

  constructor(message: string, failure: VenueFailure, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'VenueError';
    this.failure = failure;
  }

  get kind(): VenueFailure['kind'] {
    return this.failure.kind;
  }
}

/** Whether the venue does not take what it was asked, such as a cursor or an id, and never will. */
export function isRefused(error: unknown): boolean {
  if (!(error instanceof VenueError) || error.failure.kind !== 'unanswered') return false;
  return error.failure.status === 400 || error.failure.status === 422;
}
