/**
 * Looks through all time for trades that are missing without a sign. A connection that was silent for
 * less than is suspicious has brought nothing meanwhile, and neither it nor the venue tells of it.
 */
import { backoffMs } from '../../api/backoff.ts';
import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { Span, Store } from '../store.ts';

export interface SweepsOptions {
  readonly store: Pick<Store, 'cursor' | 'saveCursor'>;
  /** Stores what is missing of all tokens, and gives how many trades those were. */
  readonly backfill: (span: Span, signal: AbortSignal) => Promise<number>;
  readonly intervalMs: number;
  /** So long after it was made the Data API has a trade for certain. */
  readonly lagMs: number;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Kept in the database, so that the next run goes on where this one was ended. */
const cursorName = 'trades_swept';
/** What is older is left to whoever asks for it: `collector collect trades`. */
const spanMsMax = 24 * 3_600_000;
const retry = { baseMs: 5000, maxMs: 300_000 };

export class Sweeps {
  readonly #options: SweepsOptions;
  #sweptMs: number | null = null;
  #rowsTotal = 0;

  constructor(options: SweepsOptions) {
    this.#options = options;
  }

  /** Trades that were found missing. */
  get rowsTotal(): number {
    return this.#rowsTotal;
  }

  /** Until the signal aborts. Never rejects; what fails is looked through again. */
  async run(signal: AbortSignal): Promise<void> {
    const { intervalMs, lagMs, clock, log } = this.#options;
    const isOver = () => signal.aborted;
    const beganMs = clock.now() - lagMs;
    let failures = 0;
    for (;;) {
      const delayMs = failures === 0 ? intervalMs : backoffMs(retry, failures - 1, clock.random());
      await pauseUntil(clock, delayMs, signal);
      if (isOver()) return;
      try {
        await this.#sweep(beganMs, signal);
        failures = 0;
      } catch (error) {
        if (!isOver() && failures === 0)
          log.warn('cannot look for trades that are missing', { error });
        failures += 1;
      }
    }
  }

  /** @param beganMs when no earlier run has looked */
  async #sweep(beganMs: number, signal: AbortSignal): Promise<void> {
    const { store, backfill, lagMs, clock, log } = this.#options;
    const sweptMs = this.#sweptMs ?? read(await store.cursor(cursorName, signal)) ?? beganMs;
    const toMs = clock.now() - lagMs;
    const fromMs = this.#begin(sweptMs, toMs);
    // When it fails the next begins here, however late that is.
    this.#sweptMs = fromMs;
    const rows = await backfill({ fromMs, toMs }, signal);
    await store.saveCursor({ name: cursorName, value: String(toMs) }, signal);
    this.#sweptMs = toMs;
    this.#rowsTotal += rows;
    if (rows === 0) return;
    const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
    log.warn('trades were missing of which no gap told: stored', { rows, from, to });
  }

  /** A clock that was ahead when it was swept says nothing about where to begin. */
  #begin(sweptMs: number, toMs: number): number {
    if (sweptMs > toMs) return toMs - this.#options.intervalMs;
    return Math.max(sweptMs, toMs - spanMsMax);
  }
}

function read(cursor: string | null): number | null {
  return cursor !== null && /^\d{1,15}$/.test(cursor) ? Number(cursor) : null;
}
