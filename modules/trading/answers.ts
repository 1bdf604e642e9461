/**
 * The trader's book in the shapes of `trading.positions`, `trading.orders` and `trading.balance`:
 * decimals as exact text. Pure.
 */
import { quantityAt, type PendingOrder, type SettledOrder } from './engine.ts';
import { averagePrice, valueHolding } from './portfolio.ts';
import type { Trader } from './trader.ts';

/** Open positions at the last close. */
export function positionsOf(trader: Trader) {
  const { lastCandle } = trader;
  if (lastCandle === undefined) return [];
  return [...trader.book.portfolio.positions].map(([symbol, holding]) => {
    const { marketValue, unrealizedPnl } = valueHolding(holding, lastCandle.close);
    return {
      symbol,
      side: 'long' as const,
      quantity: holding.quantity.toFixed(),
      average_price: averagePrice(holding).toFixed(),
      market_price: lastCandle.close.toFixed(),
      market_value: marketValue.toFixed(),
      unrealized_pnl: unrealizedPnl.toFixed(),
      opened_at: holding.openedAt,
    };
  });
}

/** Newest first. A pending order that spends shows the quantity it would have at the last close. */
export function ordersOf(trader: Trader) {
  const { pending, settled } = trader.book;
  return [
    ...pending.map((order) => pendingOrder(order, trader)).reverse(),
    ...settled.map(settledOrder).reverse(),
  ];
}

function pendingOrder(order: PendingOrder, { lastCandle, market }: Trader) {
  const quantity = lastCandle && quantityAt(order.size, lastCandle.close, market.feeRate);
  return {
    ...orderHead(order),
    quantity: quantity?.toFixed() ?? '0',
    status: 'pending' as const,
    filled_at: null,
    price: null,
    fee: null,
    reason: null,
  };
}

function settledOrder({ outcome, ...order }: SettledOrder) {
  const filled = outcome.status === 'filled' ? outcome : undefined;
  return {
    ...orderHead(order),
    quantity: outcome.quantity.toFixed(),
    status: outcome.status,
    filled_at: filled?.at ?? null,
    price: filled?.price.toFixed() ?? null,
    fee: filled?.fee.toFixed() ?? null,
    reason: outcome.status === 'rejected' ? outcome.reason : null,
  };
}

function orderHead({ id, symbol, side, createdAt }: PendingOrder) {
  return { order_id: id, symbol, side, type: 'market', created_at: createdAt } as const;
}

/** Cash plus positions at the last close: equity = starting cash + both profits − fees, exactly. */
export function balanceOf(trader: Trader, mode: string, replayFinished: boolean) {
  const { portfolio } = trader.book;
  let equity = portfolio.cash;
  for (const { quantity, cost } of portfolio.positions.values()) {
    equity = equity.plus(trader.lastCandle ? trader.lastCandle.close.times(quantity) : cost);
  }
  const { startingCash, realizedPnl, feesPaid } = portfolio;
  return {
    mode,
    currency: 'USD',
    cash: portfolio.cash.toFixed(),
    equity: equity.toFixed(),
    starting_cash: startingCash.toFixed(),
    fees_paid: feesPaid.toFixed(),
    realized_pnl: realizedPnl.toFixed(),
    unrealized_pnl: equity.minus(startingCash).minus(realizedPnl).plus(feesPaid).toFixed(),
    as_of: trader.lastCandle?.time ?? null,
    replay_finished: replayFinished,
  };
}
