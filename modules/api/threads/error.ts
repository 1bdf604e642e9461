export type ThreadErrorKind =
  /** The task threw, or its promise rejected: `cause` is what. */
  | 'failed'
  /** The thread ended under it: out of memory, `process.exit`, an error that nobody caught. */
  | 'died'
  /** The file cannot be imported, or does not export a function as its default. */
  | 'not_loaded'
  /** Neither waiting nor running it may take longer; its thread was ended. */
  | 'timeout'
  /** The caller's signal: `cause` is its reason. */
  | 'cancelled'
  /** Too many wait already. */
  | 'queue_full'
  /** The pool was closed. */
  | 'closed';

/** A task of a thread pool came to nothing. */
export class ThreadError extends Error {
  readonly kind: ThreadErrorKind;

  constructor(kind: ThreadErrorKind, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'ThreadError';
    this.kind = kind;
  }
}
