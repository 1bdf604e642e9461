import type { PriceSnapshot } from '../rows.ts';
import type { VenueMarket } from '../venue/market.ts';
import type { Garbage } from '../venue/parsed.ts';
import { walk } from '../venue/walk.ts';
import { type Cycle, type CollectorParts, type CollectorStats, Cycles } from './cycles.ts';
import { busiestOpen, pagesMax } from './lists.ts';

/** The last price of every outcome of every open market, all of a cycle with one time. */
export class PriceSnapshotCollector {
  readonly #parts: CollectorParts;
  readonly #cycles: Cycles;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.#cycles = new Cycles('prices', parts);
  }

  get stats(): CollectorStats {
    return this.#cycles.stats;
  }

  /** Gives how many prices were stored; 0 on failure. Never rejects. */
  collectOnce(signal: AbortSignal): Promise<number> {
    return this.#cycles.run(signal, (cycle) => this.#collect(cycle, signal));
  }

  async #collect(cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { store, venue, clock, maxMarkets } = this.#parts;
    const atMs = clock.now();
    const seen = new Set<string>();
    let left = maxMarkets;
    const read = (cursor: string | null) => venue.gamma.eventMarkets(busiestOpen, cursor, signal);
    for await (const page of walk(read, { from: null, pagesMax })) {
      cycle.quarantine(page.garbage);
      // An open event has markets that are decided: they have no price any more.
      const open = page.rows.filter(({ closed }) => !closed).slice(0, left);
      left -= open.length;
      const snapshot = pricesOf(open, atMs, seen);
      cycle.quarantine(snapshot.garbage);
      const added = await store.addPrices(snapshot.rows, signal);
      cycle.items += added;
      if (left <= 0) return;
    }
  }
}

/** Each token once in a cycle, also when its market moves to another page meanwhile. */
function pricesOf(
  markets: readonly VenueMarket[],
  atMs: number,
  seen: Set<string>,
): { readonly rows: readonly PriceSnapshot[]; readonly garbage: readonly Garbage[] } {
  const rows: PriceSnapshot[] = [];
  const garbage: Garbage[] = [];
  for (const { tokenIds, prices, volume24h, unreadablePrices } of markets) {
    if (unreadablePrices !== null) garbage.push(unreadablePrices);
    for (const [at, tokenId] of tokenIds.entries()) {
      const price = prices[at] ?? null;
      if (price === null || seen.has(tokenId)) continue;
      seen.add(tokenId);
      rows.push({ atMs, tokenId, price, volume24h: volume24h ?? '0' });
    }
  }
  return { rows, garbage };
}
