import type { Cursor } from '../store.ts';
import { isRefused } from '../venue/error.ts';
import type { MarketList } from '../venue/gamma.ts';
import type { VenueMarket } from '../venue/market.ts';
import type { Page } from '../venue/page.ts';
import { type Step, walk } from '../venue/walk.ts';
import { type CollectorParts, type CollectorStats, type Cycle, Cycles } from './cycles.ts';
import { findings } from './findings.ts';
import { closedById, closedByUpdate } from './lists.ts';
import { storedMarket } from './stored-market.ts';
import { readSweep, type Sweep, sweepText } from './sweep-progress.ts';

/** Of closed events in one cycle, on each of the two ways; what is left is for the next. */
const pagesPerCycle = 20;
const undecidedPerCycle = 500;
const sweepEveryMs = 24 * 3_600_000;

const tailName = 'resolutions/tail';
const sweepName = 'resolutions/sweep';

type ClosedPage = Step<Page<VenueMarket>>;

/**
 * How markets end. Three ways lead to each: the closed events in the order of their last change, where
 * a cursor waits at the end for what comes; once a day all of them again, for what that order may have
 * hidden; and the markets that are known to be over and have no final verdict yet.
 */
export class ResolutionTracker {
  readonly #parts: CollectorParts;
  readonly #cycles: Cycles;
  /** Where the walk through the undecided markets has come to. */
  #undecidedAfter: string | null = null;

  constructor(parts: CollectorParts) {
    this.#parts = parts;
    this.#cycles = new Cycles('resolutions', parts);
  }

  get stats(): CollectorStats {
    return this.#cycles.stats;
  }

  /** Gives how many verdicts were new or have changed; 0 on failure. Never rejects. */
  collectOnce(signal: AbortSignal): Promise<number> {
    return this.#cycles.run(signal, async (cycle) => {
      await cycle.attempt(signal, () => this.#followTail(cycle, signal));
      await cycle.attempt(signal, () => this.#sweep(cycle, signal));
      await cycle.attempt(signal, () => this.#askForUndecided(cycle, signal));
    });
  }

  /** The last page is read again and again: its cursor is the one that leads to what follows. */
  async #followTail(cycle: Cycle, signal: AbortSignal): Promise<void> {
    const saved = await this.#parts.store.cursor(tailName, signal);
    const from = saved === null || saved === '' ? null : saved;
    const cursorAfter = ({ next, at }: ClosedPage) => next ?? at ?? '';
    await this.#walk(cycle, { list: closedByUpdate, from, name: tailName, cursorAfter }, signal);
  }

  async #sweep(cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#parts;
    const now: Sweep = { kind: 'done', atMs: clock.now() };
    const saved = await store.cursor(sweepName, signal);
    if (saved === null) {
      // The other walk has only begun, at the very beginning: there is nothing to be missed yet.
      await store.saveCursor({ name: sweepName, value: sweepText(now) }, signal);
      return;
    }
    const sweep = readSweep(saved);
    if (sweep.kind === 'done' && now.atMs - sweep.atMs < sweepEveryMs) return;
    const from = sweep.kind === 'done' ? null : sweep.after;
    const cursorAfter = ({ next }: ClosedPage) =>
      sweepText(next === null ? now : { kind: 'under_way', after: next });
    await this.#walk(cycle, { list: closedById, from, name: sweepName, cursorAfter }, signal);
  }

  async #walk(
    cycle: Cycle,
    way: {
      readonly list: MarketList;
      readonly from: string | null;
      readonly name: string;
      readonly cursorAfter: (page: ClosedPage) => string;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { store, venue } = this.#parts;
    const { list, from, name, cursorAfter } = way;
    const read = (cursor: string | null) => venue.gamma.eventMarkets(list, cursor, signal);
    try {
      for await (const page of walk(read, { from, pagesMax: pagesPerCycle }))
        await this.#store(cycle, page, { name, value: cursorAfter(page) }, signal);
    } catch (error) {
      // A cursor that it does not take any more would stand in the way for ever.
      if (from !== null && isRefused(error)) await store.saveCursor({ name, value: '' }, signal);
      throw error;
    }
  }

  async #store(cycle: Cycle, page: ClosedPage, cursor: Cursor, signal: AbortSignal): Promise<void> {
    const { store, venue } = this.#parts;
    cycle.quarantine(page.garbage);
    const closed = page.rows.filter((market) => market.closed);
    const suspects = closed.map((market) => ({ ...market, listed: market }));
    const resolutions = await findings(venue, suspects, cycle, signal);
    // Those that are not decided yet are known from now on, and asked for below.
    await store.upsertMarkets(closed.map(storedMarket), signal);
    const changed = await store.addResolutions(resolutions, [cursor], signal);
    cycle.items += changed;
  }

  /** Some in each cycle, round and round. */
  async #askForUndecided(cycle: Cycle, signal: AbortSignal): Promise<void> {
    const { store, venue } = this.#parts;
    const after = this.#undecidedAfter;
    const markets = await store.unresolvedMarkets(after, undecidedPerCycle, signal);
    const last = markets.length < undecidedPerCycle ? undefined : markets.at(-1);
    const suspects = markets.map((market) => ({ ...market, listed: null }));
    const resolutions = await findings(venue, suspects, cycle, signal);
    const changed = await store.addResolutions(resolutions, [], signal);
    cycle.items += changed;
    this.#undecidedAfter = last?.conditionId ?? null;
  }
}
