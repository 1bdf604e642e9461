export type DatabaseErrorKind =
  /** Neither `url` nor SUPERBOT_DATABASE_URL says where the database is, or what they say is no URL. */
  | 'not_configured'
  /** The server could not be reached, or refused connections, until the deadline. */
  | 'unavailable'
  /** The connection broke while a statement was under way. */
  | 'lost'
  /** It took longer than it was given. */
  | 'timeout'
  /** The caller's signal was aborted: `cause` is its reason. */
  | 'cancelled'
  /** No connection of the pool came free in time. */
  | 'pool_exhausted'
  /** A serialization failure or a deadlock, after as many attempts as were allowed. */
  | 'conflict'
  /** A value is not what the column takes, or breaks a constraint: it will never be taken. */
  | 'data'
  /** The server lacks disk, memory or connections, which may pass. */
  | 'resources'
  /** The statement itself: syntax, a missing table or column, no permission. */
  | 'refused'
  /** More rows than the caller allowed. */
  | 'too_many_rows'
  /** A migration was changed, is missing or failed; the message names it. */
  | 'migration'
  /** The database or writer was closed. */
  | 'closed';

/**
 * What was asked of the database came to nothing. The message may quote a value that the server did
 * not take; the password it never holds.
 */
export class DatabaseError extends Error {
  readonly kind: DatabaseErrorKind;
  /** False when surely nothing was changed; true when nobody knows. */
  readonly mayHaveHappened: boolean;
  /** PostgreSQL's code of five characters, where the server has spoken. */
  readonly sqlState: string | null;

  constructor(
    kind: DatabaseErrorKind,
    message: string,
    known: {
      readonly mayHaveHappened?: boolean;
      readonly sqlState?: string | null;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, known.cause === undefined ? undefined : { cause: known.cause });
    this.name = 'DatabaseError';
    this.kind = kind;
    this.mayHaveHappened = known.mayHaveHappened ?? false;
    this.sqlState = known.sqlState ?? null;
  }
}
