import type { SettledOrder } from './engine.ts';

export interface TradeLine {
  readonly level: 'info' | 'warn';
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number>>;
}

/**
 * One log line for each settled order. A fill's field `trade` is its number in the run, from 1
 * without gaps, so that a reader can tell a missing line from a doubled one.
 *
 * @param fillsBefore fills of the run before these orders
 */
export function tradeLines(settled: readonly SettledOrder[], fillsBefore: number): TradeLine[] {
  let trade = fillsBefore;
  return settled.map(({ id, symbol, side, outcome }) => {
    const quantity = outcome.quantity.toFixed();
    const fields = { order_id: id, symbol, side, quantity, bar_time: outcome.at };
    if (outcome.status === 'rejected') {
      const { reason } = outcome;
      const message = `rejected ${id} to ${side} ${symbol}: ${reason}`;
      return { level: 'warn', message, fields: { ...fields, reason } };
    }
    trade += 1;
    const [price, fee] = [outcome.price.toFixed(), outcome.fee.toFixed()];
    const message = `${side === 'buy' ? 'bought' : 'sold'} ${quantity} ${symbol} at ${price}`;
    return { level: 'info', message, fields: { trade, ...fields, price, fee } };
  });
}
