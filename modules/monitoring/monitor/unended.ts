/** An end that the store has not taken yet. */
export interface Unended<Episode, Change> {
  readonly episode: Episode;
  readonly change: Change;
}

/** A disk that is full stays so for a while. */
const againMs = 10_000;
/** Beyond, the oldest goes on until the next start ends what was left open. */
const heldMax = 100;

/**
 * Ends of episodes that could not be written: without them an episode that is long over would be shown as
 * going on, until the module is started again.
 */
export class UnendedEpisodes<Episode, Change> {
  readonly #held: Unended<Episode, Change>[] = [];
  #againAtMs = 0;

  hold(unended: Unended<Episode, Change>, nowMs: number): void {
    this.#held.push(unended);
    if (this.#held.length > heldMax) this.#held.shift();
    this.#againAtMs = nowMs + againMs;
  }

  /** The oldest, when it is time to try again: no longer held, until it is handed back. */
  takeDue(nowMs: number): Unended<Episode, Change> | null {
    if (nowMs < this.#againAtMs) return null;
    return this.#held.shift() ?? null;
  }
}
