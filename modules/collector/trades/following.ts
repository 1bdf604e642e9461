/**
 * Follows the tokens of the active markets, as they come and go. A token is open before anybody here
 * knows of it, and what its connection has not brought when it goes is brought by none after: both
 * are gaps of that token.
 */
import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Store } from '../store.ts';
import type { Gap } from './repairs.ts';
import type { Tokens } from './tokens.ts';

export interface FollowingOptions {
  readonly store: Pick<Store, 'activeTokens'>;
  readonly tokens: Tokens;
  readonly marketsMax: number;
  readonly refreshMs: number;
  /** For how long a token may have been traded before it is found, while nothing fails. */
  readonly newTokenMs: number;
  /** When all markets were known last; null: not in this life. */
  readonly marketsKnownMs: () => number | null;
  /** From now on these, and no others. Gives those that were not followed before. */
  readonly follow: (tokenIds: readonly string[]) => readonly string[];
  readonly onGap: (gap: Gap) => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const noTokensMs = 1000;

export class Following {
  readonly #options: FollowingOptions;
  #hasFollowed = false;
  /** As of the last time that the tokens were read. */
  #knownMs: number | null = null;
  /** Since when earlier runs were not there. */
  #absentSinceMs: number | null = null;

  constructor(options: FollowingOptions) {
    this.#options = options;
  }

  /** Until the signal aborts. What cannot be read is read again the next time. */
  async run(signal: AbortSignal): Promise<void> {
    const { tokens, refreshMs, clock, log } = this.#options;
    const isOver = () => signal.aborted;
    let failures = 0;
    while (!isOver()) {
      try {
        await this.#refresh(signal);
        failures = 0;
      } catch (error) {
        if (!isOver() && failures === 0) log.warn('the active tokens cannot be read', { error });
        failures += 1;
      }
      const waitMs = tokens.activeCount === 0 ? noTokensMs : Infinity;
      await pauseUntil(clock, Math.min(refreshMs, waitMs), signal);
    }
  }

  /** Nobody looked for markets from then until this run began. */
  absentSince(ms: number): void {
    this.#absentSinceMs = Math.min(ms, this.#absentSinceMs ?? ms);
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { store, tokens, marketsMax, marketsKnownMs, follow, onGap, clock } = this.#options;
    const knownMs = marketsKnownMs();
    tokens.activate(await store.activeTokens(marketsMax, signal));
    if (signal.aborted) return;
    const toMs = clock.now();
    const tokenIds = follow(tokens.active());
    // What the first look finds is as old as this run, or in a gap of an earlier one.
    if (tokenIds.length > 0 && this.#hasFollowed) {
      onGap({ stream: null, tokenIds, fromMs: this.#newSinceMs(toMs), toMs });
    }
    this.#hasFollowed ||= tokenIds.length > 0;
    this.#knownMs = knownMs;
  }

  /** Since when what is new may have been there. */
  #newSinceMs(nowMs: number): number {
    const { newTokenMs } = this.#options;
    return Math.min(nowMs - newTokenMs, this.#knownMs ?? this.#absentSinceMs ?? Infinity);
  }
}
