/** The keeper died, hung, or was replaced: whether it did what was asked is not known. */
export class KeeperLostError extends Error {
  constructor(why: string) {
    super(`the keeper does not answer: ${why}`);
    this.name = 'KeeperLostError';
  }
}

/**
 * This daemon has done with the keeper. `ended`: nothing of the modules lives, so what was asked of it
 * is done. `left`: it is the next daemon's.
 */
export class KeeperDismissedError extends Error {
  readonly how: 'ended' | 'left';

  constructor(how: 'ended' | 'left') {
    super(how === 'ended' ? 'the keeper was ended' : 'the keeper was left to the next daemon');
    this.name = 'KeeperDismissedError';
    this.how = how;
  }
}

/** There is no keeper, and none could be started: nothing was asked of one. */
export class KeeperUnavailableError extends Error {
  constructor(cause: Error) {
    super(`no keeper can be reached or started: ${cause.message}`, { cause });
    this.name = 'KeeperUnavailableError';
  }
}
