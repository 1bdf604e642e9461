import type { LevelChange, Side } from './book.ts';
import { type Market, middleUnits } from './market.ts';
import { type Random, seededRandom } from './random.ts';
import type { LedgerTrade, TradeLedger } from './trade-ledger.ts';
import type { Universe } from './universe.ts';
import { unitsPerDollar } from './units.ts';

export interface TapeOptions {
  readonly seed: number;
  /** 0: nothing is traded unless `trade` is called. */
  readonly tradesPerSecond: number;
  /** The share of trades that come without a transaction hash on the stream. */
  readonly hashlessShare: number;
  /** The share of orders that are filled by two makers with exactly the same. */
  readonly twinShare: number;
}

/** One taker's order: its fills, and what it and the quotes after it did to the book. */
export interface Order {
  readonly market: Market;
  readonly outcome: number;
  readonly atMs: number;
  readonly trades: readonly LedgerTrade[];
  /** In the book of the first outcome. */
  readonly changes: readonly LevelChange[];
  readonly tickChange: { readonly from: number; readonly to: number } | null;
}

const attemptsMax = 50;
const step = 0.02;
const logitMax = 4.6;
/** Beyond 0.96 and below 0.04 the venue narrows the tick. */
const edgeUnits = 400;
const fineTick = 10;

/**
 * The price process and the orders that come with it. Its time is its own: what is traded, and how
 * long after the start, depends on the seed alone, however late or rarely `until` is called.
 */
export class Tape {
  readonly #universe: Universe;
  readonly #ledger: TradeLedger;
  readonly #options: TapeOptions;
  readonly #random: Random;
  #dueMs: number;
  #lastMs = 0;
  #transactions = 0;

  constructor(universe: Universe, ledger: TradeLedger, options: TapeOptions, startMs: number) {
    this.#universe = universe;
    this.#ledger = ledger;
    this.#options = options;
    this.#random = seededRandom(options.seed, 'tape');
    this.#dueMs = startMs;
  }

  /** Makes what is due by then, one order after the other. */
  *until(nowMs: number): Generator<Order> {
    const { tradesPerSecond } = this.#options;
    if (tradesPerSecond <= 0) return;
    while (this.#dueMs <= nowMs) {
      const order = this.trade(Math.floor(this.#dueMs));
      const meanMs = (1000 / tradesPerSecond) * Math.max(1, order?.trades.length ?? 1);
      this.#dueMs -= Math.log(1 - this.#random.next()) * meanMs;
      if (order !== null) yield order;
    }
  }

  /** What would have been traded until then never was. */
  skipTo(nowMs: number): void {
    this.#dueMs = Math.max(this.#dueMs, nowMs);
  }

  /** One order in some open market; null when there is none that trades. */
  trade(nowMs: number, only?: Market): Order | null {
    const atMs = Math.max(nowMs, this.#lastMs);
    this.#lastMs = atMs;
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const market = only ?? this.#pickMarket();
      if (market.isClosed || market.knownToClobMs > atMs) continue;
      const outcome = this.#random.below(2);
      const side: Side = this.#random.isLucky(0.5) ? 'BUY' : 'SELL';
      const cents = Math.ceil(Math.exp(this.#random.normal() * 2 + 8));
      const { fills, changes } = market.book.take(outcome, side, cents);
      if (fills.length === 0) continue;
      const transaction = this.#transactions++;
      const hasHashOnStream = !this.#random.isLucky(this.#options.hashlessShare);
      const trades = this.#twinned(fills).map((fill) =>
        this.#ledger.add({
          ...fill,
          marketNumber: market.number,
          outcome,
          side,
          atMs,
          transaction,
          hasHashOnStream,
        }),
      );
      const { units } = fills.at(-1)!;
      market.lastTrade = { outcome, units, side };
      market.volumeCents += trades.reduce((sum, trade) => sum + trade.cents, 0);
      market.updatedMs = atMs;
      const tickChange = this.#move(market, (side === 'BUY') === (outcome === 0) ? 1 : -1);
      changes.push(...market.book.quote(middleUnits(market), market.tick));
      return { market, outcome, atMs, trades, changes, tickChange };
    }
    return null;
  }

  /** Few markets have most of the trades. */
  #pickMarket(): Market {
    const { markets } = this.#universe;
    return markets[Math.floor(markets.length * this.#random.next() ** 2.5)]!;
  }

  #twinned<F extends { units: number; cents: number }>(fills: readonly F[]): readonly F[] {
    const [first, ...others] = fills;
    if (!first || first.cents % 2 !== 0 || !this.#random.isLucky(this.#options.twinShare)) {
      return fills;
    }
    const half = { ...first, cents: first.cents / 2 };
    return [half, half, ...others];
  }

  #move(market: Market, direction: 1 | -1): Order['tickChange'] {
    const drift = step * (this.#random.normal() + direction / 2);
    market.logit = Math.max(-logitMax, Math.min(logitMax, market.logit * 0.9995 + drift));
    const middle = middleUnits(market);
    const from = market.tick;
    const isAtEdge = middle < edgeUnits || middle > unitsPerDollar - edgeUnits;
    if (!isAtEdge || from <= fineTick) return null;
    market.tick = fineTick;
    return { from, to: fineTick };
  }
}
