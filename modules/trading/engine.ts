/**
 * The paper engine: takes orders, matches them against bars, keeps the portfolio. It is a function
 * from one book to the next and knows neither the strategy nor where bars come from, so that paper
 * trading, replay and backtest can share it.
 */
import { Big } from 'big.js';
import type { Candle } from './candles.ts';
import { applyFill, openPortfolio, type Portfolio } from './portfolio.ts';

/** `spend` leaves the quantity to the fill: as many units as the money buys, its fee included. */
export type OrderSize =
  | { readonly kind: 'quantity'; readonly quantity: Big }
  | { readonly kind: 'spend'; readonly cash: Big };

export interface OrderRequest {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly size: OrderSize;
}

/** `quantity` is what was bought or sold, or would have been. */
export type Outcome = { readonly at: string; readonly quantity: Big } & (
  | { readonly status: 'filled'; readonly price: Big; readonly fee: Big }
  | { readonly status: 'rejected'; readonly reason: string }
);

export interface PendingOrder extends OrderRequest {
  /** Numbered from 1 in the order of submission, so the same run gives the same ids. */
  readonly id: string;
  readonly createdAt: string;
}

export interface SettledOrder extends PendingOrder {
  readonly outcome: Outcome;
}

export interface Book {
  readonly portfolio: Portfolio;
  readonly ordersTaken: number;
  readonly fills: number;
  readonly pending: readonly PendingOrder[];
  /** Oldest first; only the newest `settledMax` are kept. */
  readonly settled: readonly SettledOrder[];
}

export const settledMax = 1000;
export const pendingMax = 1000;

export function openBook(startingCash: Big): Book {
  return {
    portfolio: openPortfolio(startingCash),
    ordersTaken: 0,
    fills: 0,
    pending: [],
    settled: [],
  };
}

/** Takes a market order at a bar's close. It is matched by the next `matchAtOpen`, never sooner. */
export function submitMarketOrder(book: Book, request: OrderRequest, time: string): Book {
  if (book.pending.length >= pendingMax) {
    throw new RangeError(
      `cannot take an order for ${request.symbol}: ${pendingMax} orders are pending already`,
    );
  }
  const ordersTaken = book.ordersTaken + 1;
  const order: PendingOrder = { ...request, id: `order-${ordersTaken}`, createdAt: time };
  return { ...book, ordersTaken, pending: [...book.pending, order] };
}

export interface Matched {
  readonly book: Book;
  readonly settled: readonly SettledOrder[];
}

/**
 * Fills or rejects every pending order of the symbol at the bar's open, oldest first.
 *
 * @param feeRate share of the value, e.g. 0.001; the fee is exact, it is not rounded
 */
export function matchAtOpen(book: Book, symbol: string, candle: Candle, feeRate: Big): Matched {
  let { portfolio } = book;
  const settled: SettledOrder[] = [];
  const pending: PendingOrder[] = [];
  for (const order of book.pending) {
    if (order.symbol !== symbol) {
      pending.push(order);
      continue;
    }
    const outcome = marketOutcome(order, portfolio, candle, feeRate);
    if (outcome.status === 'filled') {
      portfolio = applyFill(portfolio, { ...order, ...outcome, time: outcome.at });
    }
    settled.push({ ...order, outcome });
  }
  if (settled.length === 0) return { book, settled };
  const fills = book.fills + settled.filter(({ outcome }) => outcome.status === 'filled').length;
  const kept = [...book.settled, ...settled].slice(-settledMax);
  return { book: { ...book, portfolio, fills, pending, settled: kept }, settled };
}

function marketOutcome(
  order: PendingOrder,
  portfolio: Portfolio,
  candle: Candle,
  feeRate: Big,
): Outcome {
  const price = candle.open;
  const at = candle.time;
  const quantity = quantityAt(order.size, price, feeRate);
  const value = price.times(quantity);
  const fee = value.times(feeRate);
  const filled: Outcome = { status: 'filled', at, quantity, price, fee };
  const rejected = (reason: string): Outcome => ({ status: 'rejected', at, quantity, reason });

  if (quantity.lte(0)) {
    return rejected(`the size buys less than 0.0001 ${order.symbol} at ${price.toFixed()}`);
  }
  if (order.side === 'buy') {
    const due = value.plus(fee);
    if (due.lte(portfolio.cash)) return filled;
    return rejected(
      `insufficient cash: ${due.toFixed()} needed, fee included, ${portfolio.cash.toFixed()} there`,
    );
  }
  const held = portfolio.positions.get(order.symbol)?.quantity ?? new Big(0);
  if (quantity.gt(held)) {
    return rejected(`insufficient position: ${quantity.toFixed()} to sell, ${held.toFixed()} held`);
  }
  if (portfolio.cash.plus(value).lt(fee)) return rejected('insufficient cash for the fee');
  return filled;
}

/** Quantities are whole multiples of 0.0001, rounded down: money is never overspent. */
const Units = Big();
Units.DP = 4;
Units.RM = Big.roundDown;

/** The quantity that an order of this size has at this price. */
export function quantityAt(size: OrderSize, price: Big, feeRate: Big): Big {
  if (size.kind === 'quantity') return size.quantity;
  return new Big(new Units(size.cash).div(price.times(feeRate.plus(1))));
}
