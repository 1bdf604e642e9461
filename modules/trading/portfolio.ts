/**
 * What is owned, as a value: every change makes a new one. All amounts are exact decimals.
 *
 * Two invariants hold after every fill: cash is never negative, and
 * cash + cost of the positions = starting cash + realised profit − fees, to the last digit.
 * Profits are counted before fees; fees are counted apart.
 */
import { Big } from 'big.js';

export interface Portfolio {
  readonly startingCash: Big;
  readonly cash: Big;
  readonly realizedPnl: Big;
  readonly feesPaid: Big;
  readonly positions: ReadonlyMap<string, Holding>;
}

/** A long position. */
export interface Holding {
  readonly quantity: Big;
  /** What its units were bought for, without fees. */
  readonly cost: Big;
  /** Time of the first fill, ISO-8601. */
  readonly openedAt: string;
}

export interface Fill {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: Big;
  readonly price: Big;
  readonly fee: Big;
  readonly time: string;
}

export function openPortfolio(startingCash: Big): Portfolio {
  const zero = new Big(0);
  return {
    startingCash,
    cash: startingCash,
    realizedPnl: zero,
    feesPaid: zero,
    positions: new Map(),
  };
}

/**
 * The portfolio after a fill. Throws where the fill would make cash negative or sell more than is
 * held: the engine rejects such orders before, so a throw here is a bug in it.
 */
export function applyFill(portfolio: Portfolio, fill: Fill): Portfolio {
  const after = fill.side === 'buy' ? bought(portfolio, fill) : sold(portfolio, fill);
  if (after.cash.lt(0)) {
    throw new RangeError(
      `internal error: cannot ${fill.side} ${fill.quantity.toFixed()} ${fill.symbol}: cash would be ${after.cash.toFixed()}`,
    );
  }
  return after;
}

function bought(portfolio: Portfolio, fill: Fill): Portfolio {
  const value = fill.price.times(fill.quantity);
  const held = portfolio.positions.get(fill.symbol);
  const holding: Holding = {
    quantity: fill.quantity.plus(held?.quantity ?? 0),
    cost: value.plus(held?.cost ?? 0),
    openedAt: held?.openedAt ?? fill.time,
  };
  return {
    ...portfolio,
    cash: portfolio.cash.minus(value).minus(fill.fee),
    feesPaid: portfolio.feesPaid.plus(fill.fee),
    positions: new Map(portfolio.positions).set(fill.symbol, holding),
  };
}

function sold(portfolio: Portfolio, fill: Fill): Portfolio {
  const held = portfolio.positions.get(fill.symbol);
  if (held === undefined || fill.quantity.gt(held.quantity)) {
    throw new RangeError(
      `internal error: cannot sell ${fill.quantity.toFixed()} ${fill.symbol}: held is ${held?.quantity.toFixed() ?? '0'}`,
    );
  }
  const value = fill.price.times(fill.quantity);
  const cost = costShare(held, fill.quantity);
  const positions = new Map(portfolio.positions);
  if (fill.quantity.eq(held.quantity)) positions.delete(fill.symbol);
  else {
    positions.set(fill.symbol, {
      ...held,
      quantity: held.quantity.minus(fill.quantity),
      cost: held.cost.minus(cost),
    });
  }
  return {
    ...portfolio,
    cash: portfolio.cash.plus(value).minus(fill.fee),
    realizedPnl: portfolio.realizedPnl.plus(value.minus(cost)),
    feesPaid: portfolio.feesPaid.plus(fill.fee),
    positions,
  };
}

/** The part of the cost that leaves with the quantity. What rounding leaves over stays with the rest. */
function costShare(held: Holding, quantity: Big): Big {
  if (quantity.eq(held.quantity)) return held.cost;
  return divide(held.cost.times(quantity), held.quantity);
}

/** For showing only: rounded half up to 8 places; the cost is the exact figure. */
export function averagePrice(holding: Holding): Big {
  return divide(holding.cost, holding.quantity);
}

/** Only quotients are rounded. Big.js keeps that setting per constructor, so this one is private. */
const Quotient = Big();
Quotient.DP = 8;
Quotient.RM = Big.roundHalfUp;

function divide(dividend: Big, divisor: Big): Big {
  return new Big(new Quotient(dividend).div(divisor));
}

export interface Valuation {
  readonly marketValue: Big;
  readonly unrealizedPnl: Big;
}

export function valueHolding(holding: Holding, marketPrice: Big): Valuation {
  const marketValue = holding.quantity.times(marketPrice);
  return { marketValue, unrealizedPnl: marketValue.minus(holding.cost) };
}
