/** One launch as its callers see it: it becomes ready, or it is over before that. */
import type { ExitReport } from '../keeper/protocol.ts';

export type AttemptOutcome =
  | { readonly kind: 'pending' }
  | { readonly kind: 'ready' }
  /** It did its work and ended with code 0 before it was ready: a start that succeeded. */
  | { readonly kind: 'finished' }
  /** A dependency is not there. */
  | { readonly kind: 'blocked'; readonly dependency: string; readonly why: string }
  /** Somebody else ended it on purpose. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly why: string; readonly exit: ExitReport | null };

export class Attempt {
  /** Rises by one with every launch in this daemon's life. */
  readonly number: number;
  #outcome: AttemptOutcome = { kind: 'pending' };

  constructor(number: number) {
    this.number = number;
  }

  get outcome(): AttemptOutcome {
    return this.#outcome;
  }

  /** Only the first outcome counts: what happens to a ready launch later is not this start's. */
  settle(outcome: AttemptOutcome): void {
    if (this.#outcome.kind === 'pending') this.#outcome = outcome;
  }
}
