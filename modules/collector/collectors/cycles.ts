/** What every polling collector has: one cycle at a time, none that throws, and figures that are true. */
import type { Clock } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import { orAborted } from '../../api/or-aborted.ts';
import type { Store } from '../store.ts';
import { VenueError } from '../venue/error.ts';
import type { Garbage } from '../venue/parsed.ts';
import type { Venue } from '../venue/venue.ts';

/** What a collector is made with. */
export interface CollectorParts {
  readonly store: Store;
  readonly venue: Venue;
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the busiest markets; whatever a collector walks through ends there. */
  readonly maxMarkets: number;
  /** How often it is to collect: time without a cycle for much longer is not covered. */
  readonly intervalMs: number;
}

/** Cycles that may be missing, or late, in what counts as covered. */
const intervalsMax = 3;

export interface CollectorStats {
  /** When the last cycle without an error ended; ISO 8601. */
  readonly last_collect_ts: string | null;
  readonly total_items: number;
  /** Everything that failed: a page, a chunk, a write. A row in the quarantine is none. */
  readonly error_count: number;
  readonly last_error: string | null;
  readonly quarantined: number;
}

type CyclesParts = Pick<CollectorParts, 'store' | 'clock' | 'log' | 'intervalMs'>;

export class Cycles {
  readonly #collector: string;
  readonly #parts: CyclesParts;
  #stats: CollectorStats = {
    last_collect_ts: null,
    total_items: 0,
    error_count: 0,
    last_error: null,
    quarantined: 0,
  };
  #running: Promise<number> | null = null;
  #isExpected = false;
  /** End of the last cycle that succeeded, unless one has failed since. */
  #coveredMs: number | null = null;

  /** @param collector its name, which is also that of its stream in the coverage ledger */
  constructor(collector: string, parts: CyclesParts) {
    this.#collector = collector;
    this.#parts = parts;
  }

  get stats(): CollectorStats {
    return this.#stats;
  }

  /**
   * Resolves with the items of the cycle, or of the one that is under way already, whose signal then
   * counts; an abort is no error. Never rejects.
   */
  async run(signal: AbortSignal, work: (cycle: Cycle) => Promise<void>): Promise<number> {
    if (this.#running !== null) return this.#join(this.#running, signal);
    const running = this.#cycle(signal, work);
    this.#running = running;
    try {
      return await running;
    } finally {
      this.#running = null;
    }
  }

  async #join(running: Promise<number>, signal: AbortSignal): Promise<number> {
    try {
      return await orAborted(running, signal, () => undefined);
    } catch (error) {
      // A cycle keeps what it fails with: this is the signal's reason.
      if (!signal.aborted) throw error;
      return 0;
    }
  }

  /** A cycle of its own, for a part of what the collector covers; otherwise as `run`. */
  async beside(signal: AbortSignal, work: (cycle: Cycle) => Promise<void>): Promise<number> {
    return (await this.#work(signal, work)).items;
  }

  async #cycle(signal: AbortSignal, work: (cycle: Cycle) => Promise<void>): Promise<number> {
    const { clock } = this.#parts;
    const beganMs = clock.now();
    const cycle = await this.#work(signal, async (begun) => {
      await begun.attempt(signal, () => work(begun));
      if (!signal.aborted) this.#cover(begun.errors[0], beganMs);
    });
    if (cycle.errors.length === 0 && !signal.aborted)
      this.#stats = { ...this.#stats, last_collect_ts: new Date(clock.now()).toISOString() };
    return cycle.items;
  }

  async #work(signal: AbortSignal, work: (cycle: Cycle) => Promise<void>): Promise<Cycle> {
    const { store, clock } = this.#parts;
    const cycle = new Cycle((rows) => {
      const known = { collector: this.#collector, atMs: clock.now() };
      store.quarantine(rows.map((row) => ({ ...row, ...known })));
    });
    await cycle.attempt(signal, () => work(cycle));
    this.#note(cycle);
    return cycle;
  }

  #note({ items, errors, quarantined, firstReason }: Cycle): void {
    const { log } = this.#parts;
    const { total_items, error_count, last_error } = this.#stats;
    this.#stats = {
      ...this.#stats,
      total_items: total_items + items,
      error_count: error_count + errors.length,
      last_error: errors.at(-1)?.message ?? last_error,
      quarantined: this.#stats.quarantined + quarantined,
    };
    if (errors[0] !== undefined)
      log.warn(`${this.#collector}: ${errors[0].message}`, { errors: errors.length, items });
    if (firstReason !== null)
      log.warn(`${this.#collector}: quarantined, ${firstReason}`, { rows: quarantined });
  }

  /** A polled stream is connected from a cycle that succeeded until one that did not, or did not come. */
  #cover(error: Error | undefined, beganMs: number): void {
    const { store, clock, intervalMs } = this.#parts;
    const { coverage } = store;
    const stream = this.#collector;
    if (!this.#isExpected) coverage.expect(stream, [stream], beganMs);
    this.#isExpected = true;
    if (error !== undefined) {
      coverage.disconnected(stream, beganMs, error.message);
      this.#coveredMs = null;
      return;
    }
    const isAnew =
      this.#coveredMs === null || beganMs - this.#coveredMs > intervalsMax * intervalMs;
    if (isAnew) coverage.connected(stream, beganMs);
    this.#coveredMs = clock.now();
    coverage.frame(stream, this.#coveredMs);
    coverage.covered(stream, this.#coveredMs);
  }
}

/** What one cycle has come to so far. */
export class Cycle {
  items = 0;
  quarantined = 0;
  firstReason: string | null = null;
  readonly errors: Error[] = [];
  readonly #keep: (rows: readonly Garbage[]) => void;

  constructor(keep: (rows: readonly Garbage[]) => void) {
    this.#keep = keep;
  }

  /** Hands on what could not be read. */
  quarantine(rows: readonly Garbage[]): void {
    if (rows.length === 0) return;
    this.quarantined += rows.length;
    this.firstReason ??= rows[0]?.reason ?? null;
    this.#keep(rows);
  }

  /** Does a part whose failure leaves the others their chance. Never rejects. */
  async attempt(signal: AbortSignal, part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      if (signal.aborted) return;
      this.errors.push(error instanceof Error ? error : new Error(String(error)));
      if (!(error instanceof VenueError) || error.failure.kind !== 'garbled') return;
      this.quarantine([{ reason: error.message, raw: error.failure.raw }]);
    }
  }
}
