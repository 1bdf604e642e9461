import type { Big } from 'big.js';
import type { Candle } from './candles.ts';
import {
  matchAtOpen,
  submitMarketOrder,
  type Book,
  type OrderRequest,
  type SettledOrder,
} from './engine.ts';
import type { Signal, Strategy } from './strategy.ts';

export interface Market {
  readonly symbol: string;
  /** Share of the value, e.g. 0.001 for 0.1 %. */
  readonly feeRate: Big;
}

/**
 * One strategy trading one market with one book: the step that every way of feeding bars shares.
 * Within a bar the order of things is fixed: pending orders meet the open, then the strategy sees
 * the close, then its order is taken. So no order can be filled at a price known when it was placed.
 */
export class Trader {
  readonly market: Market;
  readonly #strategy: Strategy;
  #book: Book;
  #lastCandle: Candle | undefined;

  constructor(market: Market, strategy: Strategy, book: Book) {
    this.market = market;
    this.#strategy = strategy;
    this.#book = book;
  }

  get book(): Book {
    return this.#book;
  }

  get lastCandle(): Candle | undefined {
    return this.#lastCandle;
  }

  /** Shows the strategy a bar whose trades are in the book already, as after a restart. */
  recall(candle: Candle): void {
    this.#strategy.next(candle);
    this.#lastCandle = candle;
  }

  /** Trades one bar. Returns the orders that were filled or rejected at its open. */
  trade(candle: Candle): readonly SettledOrder[] {
    const { symbol, feeRate } = this.market;
    const { book, settled } = matchAtOpen(this.#book, symbol, candle, feeRate);
    const request = orderFor(this.#strategy.next(candle), book, symbol);
    this.#book = request ? submitMarketOrder(book, request, candle.time) : book;
    this.#lastCandle = candle;
    return settled;
  }
}

/** All cash in on `enter`, everything out on `exit`; nothing where that is so already. */
function orderFor(signal: Signal, book: Book, symbol: string): OrderRequest | undefined {
  const { cash, positions } = book.portfolio;
  const held = positions.get(symbol)?.quantity;
  if (signal === 'enter' && held === undefined) {
    return { symbol, side: 'buy', size: { kind: 'spend', cash } };
  }
  if (signal === 'exit' && held !== undefined) {
    return { symbol, side: 'sell', size: { kind: 'quantity', quantity: held } };
  }
  return undefined;
}
