import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Token } from '../rows.ts';
import type { Gap, Store } from '../store.ts';
import type { Gap as MissingTrades } from './repairs.ts';

export interface RecoveryOptions {
  readonly store: Pick<Store, 'coverage' | 'foundTokens'>;
  readonly isStream: (stream: string) => boolean;
  /** Nobody looked for markets since then, until this run began. */
  readonly absentSince: (ms: number) => void;
  readonly remember: (tokens: readonly Token[]) => void;
  readonly onGap: (gap: MissingTrades) => void;
  /** For how long before its end a run may have left tokens that it had just found unfinished. */
  readonly unfinishedMs: number;
  /** For how long a token may have been traded before it is found. */
  readonly newTokenMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

interface EarlierRuns {
  /** Of every stream, up to its last connection. */
  readonly gaps: readonly Gap[];
  /** Tokens that were new to a run that ended soon after; null: there was none. */
  readonly found: { readonly tokens: readonly Token[]; readonly sinceMs: number } | null;
}

/** Older gaps are left to whoever asks for them: `collector collect trades`. */
const recoverMs = 24 * 3_600_000;
const retryMs = 5000;
const nothing: EarlierRuns = { gaps: [], found: null };

/** What earlier runs missed and had no time to fetch. */
export class Recovery {
  readonly #options: RecoveryOptions;
  #hasBegun = false;
  #open = 0;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /** Streams whose earlier gaps are being read. */
  get open(): number {
    return this.#open;
  }

  /** When a stream is connected for the first time. Waits for the database as long as that takes. */
  async recover(stream: string, signal: AbortSignal): Promise<void> {
    const { isStream, absentSince, remember, onGap, newTokenMs, clock } = this.#options;
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    this.#open += 1;
    const { gaps, found } = await this.#earlierRuns(signal);
    this.#open -= 1;
    // Streams that there are no longer are nobody's: the first one takes them.
    const mine = gaps.filter((gap) => gap.stream === stream || (isFirst && !isStream(gap.stream)));
    if (mine.length > 0) absentSince(Math.min(...mine.map((gap) => gap.fromMs)));
    for (const gap of mine) onGap({ ...gap, tokenIds: null });
    if (!isFirst || found === null) return;
    remember(found.tokens);
    const tokenIds = found.tokens.map(({ tokenId }) => tokenId);
    onGap({ stream: null, tokenIds, fromMs: found.sinceMs - newTokenMs, toMs: clock.now() });
  }

  /** Empty when the signal aborts. */
  async #earlierRuns(signal: AbortSignal): Promise<EarlierRuns> {
    const { store, unfinishedMs, clock, log } = this.#options;
    const isOver = () => signal.aborted;
    for (let attempts = 0; !isOver(); attempts += 1) {
      try {
        const gaps = await store.coverage.gaps('trades', clock.now() - recoverMs, signal);
        if (gaps.length === 0) return nothing;
        const sinceMs = Math.min(...gaps.map(({ fromMs }) => fromMs)) - unfinishedMs;
        return { gaps, found: { tokens: await store.foundTokens(sinceMs, signal), sinceMs } };
      } catch (error) {
        if (!isOver() && attempts === 0) {
          log.warn('the gaps of earlier runs cannot be read yet', { error });
        }
        await pauseUntil(clock, retryMs, signal);
      }
    }
    return nothing;
  }
}
