import { Big } from 'big.js';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { balanceOf, ordersOf, positionsOf } from '../../../modules/trading/answers.ts';
import { openBook } from '../../../modules/trading/engine.ts';
import type { Signal } from '../../../modules/trading/strategy.ts';
import { Trader } from '../../../modules/trading/trader.ts';
import { methods } from '../../../rpc/contract.ts';
import type { Balance, Order, Position } from '../../../rpc/shapes-trading.ts';
import { bar } from './bars.ts';

/** A strategy whose signals are written down beforehand. */
function traderWith(...signals: Signal[]): Trader {
  const next = () => signals.shift() ?? 'hold';
  const market = { symbol: 'X', feeRate: new Big('0.001') };
  return new Trader(market, { next }, openBook(new Big(1000)));
}

describe('the answers of trading', () => {
  it('are empty before the first bar', () => {
    const trader = traderWith();
    expect(positionsOf(trader)).to.deep.equal([]);
    expect(ordersOf(trader)).to.deep.equal([]);
    expect(balanceOf(trader, 'replay', false)).to.include({ equity: '1000', as_of: null });
  });

  it('shows an order pending until the next open, then filled there, and the position', () => {
    const trader = traderWith('enter');
    trader.trade(bar(1, 90, 100));
    expect(ordersOf(trader)).to.deep.equal([
      {
        order_id: 'order-1',
        symbol: 'X',
        side: 'buy',
        type: 'market',
        quantity: '9.99',
        status: 'pending',
        created_at: '2020-01-01T00:00:00.000Z',
        filled_at: null,
        price: null,
        fee: null,
        reason: null,
      },
    ]);
    trader.trade(bar(2, 125, 130));
    // 1000 / 125.125 = 7.99200…; 7.992 × 125 = 999, fee 0.999
    expect(ordersOf(trader)[0]).to.include({
      status: 'filled',
      quantity: '7.992',
      price: '125',
      fee: '0.999',
      filled_at: '2020-01-02T00:00:00.000Z',
    });
    expect(positionsOf(trader)).to.deep.equal([
      {
        symbol: 'X',
        side: 'long',
        quantity: '7.992',
        average_price: '125',
        market_price: '130',
        market_value: '1038.96',
        unrealized_pnl: '39.96',
        opened_at: '2020-01-02T00:00:00.000Z',
      },
    ]);
    expect(balanceOf(trader, 'replay', false)).to.deep.equal({
      mode: 'replay',
      currency: 'USD',
      cash: '0.001',
      equity: '1038.961',
      starting_cash: '1000',
      fees_paid: '0.999',
      realized_pnl: '0',
      unrealized_pnl: '39.96',
      as_of: '2020-01-02T00:00:00.000Z',
      replay_finished: false,
    });
  });

  it('lists the newest order first and has the shapes of the contract', () => {
    const trader = traderWith('enter', 'exit', 'enter');
    for (const day of [1, 2, 3]) trader.trade(bar(day, 100, 99));
    expect(ordersOf(trader).map(({ order_id }) => order_id)).to.deep.equal([
      'order-3',
      'order-2',
      'order-1',
    ]);
    // Also checked by the compiler: the module may not import these types.
    const orders: Order[] = ordersOf(trader);
    const positions: Position[] = positionsOf(trader);
    const balance: Balance = balanceOf(trader, 'replay', true);
    expect(methods['trading.orders'].result.parse({ orders })).to.deep.equal({ orders });
    expect(methods['trading.positions'].result.parse({ positions })).to.deep.equal({ positions });
    expect(methods['trading.balance'].result.parse(balance)).to.deep.equal(balance);
  });

  it('gives the reason of a rejection', () => {
    const trader = traderWith('enter');
    for (const day of [1, 2]) trader.trade(bar(day, '99999999'));
    expect(ordersOf(trader)[0]).to.include({
      status: 'rejected',
      quantity: '0',
      reason: 'the size buys less than 0.0001 X at 99999999',
      filled_at: null,
    });
  });
});
