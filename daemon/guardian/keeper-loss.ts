/** The keeper died, hung, or was replaced: whether it did what was asked is not known. */
export class KeeperLostError extends Error {
  constructor(why: string) {
    super(`the keeper does not answer: ${why}`);
    this.name = 'KeeperLostError';
  }
}

/** There is no keeper, and none could be started: nothing was asked of one. */
export class KeeperUnavailableError extends Error {
  constructor(cause: Error) {
    super(`no keeper can be reached or started: ${cause.message}`, { cause });
    this.name = 'KeeperUnavailableError';
  }
}
