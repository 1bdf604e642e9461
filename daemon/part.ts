/** The lifecycle of everything that runs inside the daemon. */
export interface Part {
  /** Resolves when the part serves. Calling it again while started changes nothing. */
  start(): Promise<void>;
  /** Resolves when nothing of the part runs any more. Legal without a start, and twice. */
  stop(): Promise<void>;
}
