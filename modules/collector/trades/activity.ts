/**
 * How long a connection may be silent before it counts as frozen, learned from what it has brought.
 * The venue's connections do freeze, while they go on answering PING, and its market channel numbers
 * nothing: silence is the only sign. What is silence to a busy market is the ordinary hour of a quiet
 * one, so the bound follows the pace at which events have come.
 */

export interface ActivityOptions {
  /** The least silence that is suspicious, however busy the markets were. */
  readonly silenceMsMin: number;
}

/** At a steady pace a silence of so many mean intervals comes once in 500 million. */
const intervals = 20;
/** Events within it count as one: a burst says how busy a moment was, not how the markets go. */
const momentMs = 500;
/** Events older than some of these have little to say about the present pace. */
const memoryMs = 300_000;
/** Beyond it nothing is concluded: a connection is replaced sooner than that anyway. */
const silenceMsMax = 600_000;
/** A forced reconnect after which nothing came was an error of ours, or does not help. */
const doubt = 4;

export class Activity {
  readonly #silenceMsMin: number;
  /** Moments with events, each counting less the older it is. */
  #weight = 0;
  #lastMs: number | null = null;

  constructor({ silenceMsMin }: ActivityOptions) {
    this.#silenceMsMin = silenceMsMin;
  }

  /**
   * Something happened on the market: a trade, a changed price. Books do not count: there is one for
   * each token whenever a connection begins.
   * @param nowMs of a clock that never steps
   */
  seen(nowMs: number): void {
    if (this.#lastMs !== null && nowMs - this.#lastMs < momentMs) return;
    this.#weight = this.#weightAt(nowMs) + 1;
    this.#lastMs = nowMs;
  }

  /** A connection was ended for its silence: the next silence has to be longer, until events come. */
  doubted(): void {
    this.#weight /= doubt;
  }

  /** Milliseconds; null while nothing is suspicious. */
  allowedSilenceMs(nowMs: number): number | null {
    const silenceMs = (intervals * memoryMs) / this.#weightAt(nowMs);
    if (!(silenceMs <= silenceMsMax)) return null;
    return Math.max(this.#silenceMsMin, silenceMs);
  }

  #weightAt(nowMs: number): number {
    return this.#weight * Math.exp(((this.#lastMs ?? nowMs) - nowMs) / memoryMs);
  }
}
