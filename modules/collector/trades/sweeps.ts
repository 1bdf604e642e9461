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
/** After a start, which has enough to fetch at first. */
const firstLookMs = 60_000;
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
    let delayMs = Math.min(intervalMs, firstLookMs);
    let failures = 0;
    for (;;) {
      await pauseUntil(clock, delayMs, signal);
      if (isOver()) return;
      try {
        delayMs = await this.#look(beganMs, signal);
        failures = 0;
      } catch (error) {
        if (!isOver() && failures === 0)
          log.warn('cannot look for trades that are missing', { error });
        delayMs = backoffMs(retry, failures, clock.random());
        failures += 1;
      }
    }
  }

  /**
   * Sweeps when that is due: by what has been looked through, however often runs are broken off.
   * @param beganMs where to begin when no earlier run has looked
   * @returns when to look again
   */
  async #look(beganMs: number, signal: AbortSignal): Promise<number> {
    const { store, intervalMs, lagMs, clock } = this.#options;
    this.#sweptMs ??= read(await store.cursor(cursorName, signal));
    if (this.#sweptMs === null) await this.#swept(beganMs, signal);
    const plan = planSweep(this.#sweptMs ?? beganMs, clock.now() - lagMs, intervalMs);
    // When it fails the next begins here, however late that is.
    this.#sweptMs = plan.fromMs;
    if (plan.dueInMs > 0) return plan.dueInMs;
    await this.#sweep(plan, signal);
    return intervalMs;
  }

  async #sweep({ fromMs, toMs }: Span, signal: AbortSignal): Promise<void> {
    const { backfill, log } = this.#options;
    const rows = await backfill({ fromMs, toMs }, signal);
    await this.#swept(toMs, signal);
    this.#rowsTotal += rows;
    if (rows === 0) return;
    const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
    log.warn('trades were missing of which no gap told: stored', { rows, from, to });
  }

  async #swept(untilMs: number, signal: AbortSignal): Promise<void> {
    await this.#options.store.saveCursor({ name: cursorName, value: String(untilMs) }, signal);
    this.#sweptMs = untilMs;
  }
}

/**
 * What to look through next, and in how many milliseconds. Pure.
 * @param sweptMs up to where everything was looked through
 * @param toMs up to where the venue has everything now
 */
function planSweep(
  sweptMs: number,
  toMs: number,
  intervalMs: number,
): Span & { readonly dueInMs: number } {
  // A clock that was ahead when it was swept says nothing about where to begin.
  const fromMs = sweptMs > toMs ? toMs - intervalMs : Math.max(sweptMs, toMs - spanMsMax);
  return { fromMs, toMs, dueInMs: Math.max(0, fromMs + intervalMs - toMs) };
}

function read(cursor: string | null): number | null {
  return cursor !== null && /^\d{1,15}$/.test(cursor) ? Number(cursor) : null;
}
