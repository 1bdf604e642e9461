import type { VenueMarket } from '../venue/market.ts';
import type { Page } from '../venue/page.ts';
import { walk } from '../venue/walk.ts';
import { type CollectorParts, type CollectorStats, type Cycle, Cycles } from './cycles.ts';
import { busiestOpen, lastUpdated, pagesMax } from './lists.ts';
import { type Progress, progressText, readProgress } from './metadata-progress.ts';
import { storedMarket } from './stored-market.ts';
import { UpdateOrder } from './update-order.ts';

/** An incremental walk sees what has changed; what has been missed a full one finds. */
const fullWalkEveryMs = 24 * 3_600_000;

/** How far our clock and the venue's may differ, and how late a change may become visible there. */
const overlapMs = 5 * 60_000;

const cursorName = 'metadata';

type Read = (cursor: string | null) => Promise<Page<VenueMarket>>;

/**
 * Which markets there are. Each cycle brings those that were updated since the one before, open and
 * closed; once a day all of them. A cycle that fails leaves the next one what it has not come to.
 */
export class MarketMetadataCollector {
  readonly #parts: CollectorParts;
  readonly #cycles: Cycles;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.#cycles = new Cycles('metadata', parts);
  }

  get stats(): CollectorStats {
    return this.#cycles.stats;
  }

  /** Gives how many markets were read and stored, new or not; 0 on failure. Never rejects. */
  collectOnce(signal: AbortSignal): Promise<number> {
    return this.#cycles.run(signal, (cycle) => this.#collect(cycle, signal));
  }

  async #collect(cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { store, clock, venue } = this.#parts;
    const beganMs = clock.now();
    let progress = readProgress(await store.cursor(cursorName, signal));
    const save = (next: Progress) => {
      progress = next;
      return store.saveCursor({ name: cursorName, value: progressText(next) }, signal);
    };
    const { fullAtMs } = progress;
    const isFull = fullAtMs === null || beganMs - fullAtMs >= fullWalkEveryMs;
    await cycle.attempt(signal, async () => {
      if (!isFull) {
        const openSinceMs = await this.#updated(cycle, false, progress.openSinceMs, signal);
        await save({ ...progress, openSinceMs });
        return;
      }
      const read: Read = (cursor) => venue.gamma.eventMarkets(busiestOpen, cursor, signal);
      await this.#walk(cycle, read, () => false, signal);
      await save({ ...progress, fullAtMs: beganMs, openSinceMs: beganMs });
    });
    await cycle.attempt(signal, async () => {
      const sinceMs = isFull ? null : progress.closedSinceMs;
      const closedSinceMs = await this.#updated(cycle, true, sinceMs, signal);
      await save({ ...progress, closedSinceMs });
    });
  }

  /** Gives the moment of the newest update that was there when the walk began. */
  async #updated(
    cycle: Cycle,
    closed: boolean,
    sinceMs: number | null,
    signal: AbortSignal,
  ): Promise<number | null> {
    const { gamma } = this.#parts.venue;
    const order = new UpdateOrder(sinceMs === null ? null : sinceMs - overlapMs);
    const read: Read = (cursor) => gamma.markets(lastUpdated(closed), cursor, signal);
    await this.#walk(cycle, read, (rows) => order.isPast(rows), signal);
    return order.newestMs ?? sinceMs;
  }

  async #walk(
    cycle: Cycle,
    read: Read,
    isEnough: (rows: readonly VenueMarket[]) => boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, maxMarkets } = this.#parts;
    const seen = new Set<string>();
    for await (const page of walk(read, { from: null, pagesMax })) {
      cycle.quarantine(page.garbage);
      const fresh = page.rows.filter(({ conditionId }) => {
        const isNew = !seen.has(conditionId) && seen.size < maxMarkets;
        if (isNew) seen.add(conditionId);
        return isNew;
      });
      await store.upsertMarkets(fresh.map(storedMarket), signal);
      cycle.items += fresh.length;
      if (isEnough(page.rows) || seen.size >= maxMarkets) return;
    }
  }
}
