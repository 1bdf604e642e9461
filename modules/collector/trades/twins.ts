/**
 * The same trade under two ids: the stream told it without a transaction hash, the Data API with one.
 * Among equal trades near to each other any may be any, so it comes down to numbers.
 */
import type { Trade } from '../rows.ts';
import { chainUnits } from './identity.ts';

/** A block comes after the match: seconds as a rule, minutes when the chain is slow. */
export const settlementMsMax = 600_000;
/** By how much the block's clock may be behind the venue's. */
const clockSkewMs = 5000;

/**
 * For one walk through the Data API: what the stream has stored without a hash. Each is the twin of
 * one row at most.
 */
export class Twins {
  readonly #left = new Map<string, Trade[]>();

  /** @param unhashed stored without a hash, of the same tokens and time */
  constructor(unhashed: readonly Trade[]) {
    for (const trade of unhashed) {
      const alike = this.#left.get(likeness(trade));
      if (alike === undefined) this.#left.set(likeness(trade), [trade]);
      else alike.push(trade);
    }
  }

  /**
   * The rows that are not stored.
   * @param known ids that are stored
   */
  missing(rows: readonly Trade[], known: ReadonlySet<string>): Trade[] {
    return rows.filter((row) => !known.has(row.id) && !this.#takeTwinOf(row));
  }

  #takeTwinOf(row: Trade): boolean {
    const alike = this.#left.get(likeness(row)) ?? [];
    const twin = latest(alike.filter(({ atMs }) => canBeSettledAt(row.atMs, atMs)));
    if (twin === null) return false;
    alike.splice(alike.indexOf(twin), 1);
    return true;
  }
}

/** For the stream: what the Data API has stored of late. Each is the twin of one trade at most. */
export class Fetched {
  #rows = new Map<string, Trade[]>();
  #count = 0;
  /** Trades that were found to be twins: a frame that comes again is not to find another one. */
  readonly #twins = new Set<string>();

  add(rows: readonly Trade[]): void {
    for (const row of rows) {
      if (this.#count >= fetchedMax) this.#forget();
      const alike = this.#rows.get(likeness(row));
      if (alike === undefined) this.#rows.set(likeness(row), [row]);
      else alike.push(row);
      this.#count += 1;
    }
  }

  /** Whether the trade is stored. One with a hash is known by its id, and is not asked for here. */
  hasTwinOf(trade: Trade): boolean {
    if (trade.transactionHash !== null) return false;
    if (this.#twins.has(trade.id)) return true;
    const alike = this.#rows.get(likeness(trade));
    const twin = alike?.find(({ atMs }) => canBeSettledAt(atMs, trade.atMs));
    if (alike === undefined || twin === undefined) return false;
    alike.splice(alike.indexOf(twin), 1);
    this.#twins.add(trade.id);
    return true;
  }

  /** All: who comes so late that this matters is rare, and half of them would not be simpler. */
  #forget(): void {
    this.#rows = new Map();
    this.#count = 0;
    this.#twins.clear();
  }
}

/** A few minutes of busy markets. */
const fetchedMax = 100_000;

/** Joined, since what a template makes stays in its pieces: 36 MB for a hundred thousand keys, not 14. */
function likeness({ tokenId, side, price, size }: Trade): string {
  return [tokenId, side, chainUnits(price), chainUnits(size)].join(' ');
}

function canBeSettledAt(blockMs: number, matchMs: number): boolean {
  return blockMs >= matchMs - clockSkewMs && blockMs <= matchMs + settlementMsMax;
}

function latest(trades: readonly Trade[]): Trade | null {
  return trades.reduce<Trade | null>(
    (last, trade) => (last === null || trade.atMs > last.atMs ? trade : last),
    null,
  );
}
