import { Big } from 'big.js';
import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  applyFill,
  averagePrice,
  openPortfolio,
  valueHolding,
  type Fill,
  type Portfolio,
} from '../../../modules/trading/portfolio.ts';

const seed = 20_000_103;

function fill(side: Fill['side'], quantity: string, price: string, fee: string): Fill {
  const amounts = { quantity: new Big(quantity), price: new Big(price), fee: new Big(fee) };
  return { symbol: 'X', side, ...amounts, time: '2020-01-02T00:00:00.000Z' };
}

function trade(portfolio: Portfolio, ...fills: Fill[]): Portfolio {
  return fills.reduce(applyFill, portfolio);
}

function shown({ cash, realizedPnl, feesPaid }: Portfolio) {
  return [cash, realizedPnl, feesPaid].map((amount) => amount.toFixed());
}

describe('the portfolio', () => {
  const start = openPortfolio(new Big(1000));

  it('pays value and fee from cash and keeps the cost without the fee', () => {
    const after = trade(start, fill('buy', '3', '100.1', '0.3003'));
    expect(shown(after)).to.deep.equal(['699.3997', '0', '0.3003']);
    expect(after.positions.get('X')?.cost.toFixed()).to.equal('300.3');
  });

  it('averages the price over two buys and realises the profit of a part', () => {
    const bought = trade(start, fill('buy', '1', '100', '1'), fill('buy', '2', '130', '1'));
    const holding = bought.positions.get('X')!;
    expect(averagePrice(holding).toFixed()).to.equal('120');
    expect(valueHolding(holding, new Big(125)).unrealizedPnl.toFixed()).to.equal('15');
    const sold = trade(bought, fill('sell', '1', '150', '1'));
    expect(shown(sold)).to.deep.equal(['787', '30', '3']);
    expect(sold.positions.get('X')?.cost.toFixed()).to.equal('240');
  });

  it('shows an average that does not come out even rounded to 8 places', () => {
    const bought = trade(start, fill('buy', '1', '100', '0'), fill('buy', '2', '100.5', '0'));
    expect(averagePrice(bought.positions.get('X')!).toFixed()).to.equal('100.33333333');
  });

  it('closes a position with its last unit and leaves no crumbs of cost', () => {
    const thirds = ['1', '1', '1'].map((quantity) => fill('sell', quantity, '90', '0.5'));
    const flat = trade(start, fill('buy', '3', '100.01', '1'), ...thirds);
    expect(flat.positions.size).to.equal(0);
    expect(shown(flat)).to.deep.equal(['967.47', '-30.03', '2.5']);
  });

  it('leaves the portfolio it was given as it was', () => {
    trade(start, fill('buy', '1', '1', '1'));
    expect(shown(start)).to.deep.equal(['1000', '0', '0']);
    expect(start.positions.size).to.equal(0);
  });

  it('throws rather than let cash go below zero or sell what is not held', () => {
    expect(() => trade(start, fill('buy', '10', '100', '0.01'))).to.throw('cash would be -0.01');
    expect(() => trade(start, fill('sell', '1', '100', '0'))).to.throw('held is 0');
  });

  it(`adds up exactly after any fills (seed ${seed})`, () => {
    const amount = fc.integer({ min: 1, max: 99_999 });
    const step = fc.record({ isBuy: fc.boolean(), units: amount, price: amount, fee: amount });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let portfolio = start;
        for (const { isBuy, units, price, fee } of steps) {
          try {
            portfolio = applyFill(portfolio, {
              ...fill(isBuy ? 'buy' : 'sell', '1', '1', '1'),
              quantity: new Big(units).div(10_000),
              price: new Big(price).div(1000),
              fee: new Big(fee).div(1_000_000),
            });
          } catch (error) {
            expect(String(error)).to.include('internal error');
          }
          const { cash, realizedPnl, feesPaid, positions } = portfolio;
          const owned = cash.plus(positions.get('X')?.cost ?? 0);
          expect(owned.toFixed()).to.equal(
            new Big(1000).plus(realizedPnl).minus(feesPaid).toFixed(),
          );
          expect(cash.gte(0)).to.equal(true);
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});
