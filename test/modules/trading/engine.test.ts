import { Big } from 'big.js';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  matchAtOpen,
  openBook,
  pendingMax,
  quantityAt,
  settledMax,
  submitMarketOrder,
  type Book,
  type OrderRequest,
} from '../../../modules/trading/engine.ts';
import { bar } from './bars.ts';

const feeRate = new Big('0.001');
const at = '2020-01-01T00:00:00.000Z';

function buy(quantity: string): OrderRequest {
  return { symbol: 'X', side: 'buy', size: { kind: 'quantity', quantity: new Big(quantity) } };
}

function sell(quantity: string): OrderRequest {
  return { ...buy(quantity), side: 'sell' };
}

function spend(cash: string): OrderRequest {
  return { symbol: 'X', side: 'buy', size: { kind: 'spend', cash: new Big(cash) } };
}

function submit(book: Book, ...requests: OrderRequest[]): Book {
  return requests.reduce((before, request) => submitMarketOrder(before, request, at), book);
}

describe('the paper engine', () => {
  const start = openBook(new Big(10_000));

  it('fills a market order at the open of the next bar, with the fee on top', () => {
    const { book, settled } = matchAtOpen(
      submit(start, buy('2')),
      'X',
      bar(2, '1500.5', 9),
      feeRate,
    );
    expect(settled).to.have.length(1);
    const { outcome, id, createdAt } = settled[0]!;
    expect([id, createdAt, outcome.at]).to.deep.equal(['order-1', at, bar(2, 1).time]);
    expect(outcome.status === 'filled' && outcome.price.toFixed()).to.equal('1500.5');
    expect(outcome.status === 'filled' && outcome.fee.toFixed()).to.equal('3.001');
    expect(book.portfolio.cash.toFixed()).to.equal('6995.999');
    expect([book.fills, book.pending.length, book.settled.length]).to.deep.equal([1, 0, 1]);
  });

  it('spends all cash down to less than one ten-thousandth of a unit', () => {
    // 10000 / (1455.22 × 1.001) = 6.86494…; 6.8649 × 1455.22 = 9989.939778
    const { book } = matchAtOpen(submit(start, spend('10000')), 'X', bar(2, '1455.22'), feeRate);
    expect(book.portfolio.positions.get('X')?.quantity.toFixed()).to.equal('6.8649');
    expect(book.portfolio.cash.toFixed()).to.equal('0.070282222');
  });

  it('never rounds a spent quantity up, not even in the twentieth digit', () => {
    const price = new Big(3);
    const justBelow = new Big(3).minus('1e-30');
    const spent = (cash: Big) => quantityAt({ kind: 'spend', cash }, price, new Big(0)).toFixed();
    expect([spent(new Big(3)), spent(justBelow)]).to.deep.equal(['1', '0.9999']);
  });

  it('rejects what cash does not cover, fee included, and says by how much', () => {
    const { book, settled } = matchAtOpen(submit(start, buy('10')), 'X', bar(2, 1000), feeRate);
    expect(settled[0]?.outcome).to.include({
      status: 'rejected',
      reason: 'insufficient cash: 10010 needed, fee included, 10000 there',
    });
    expect(book.portfolio).to.equal(start.portfolio);
    expect([book.fills, book.pending.length]).to.deep.equal([0, 0]);
  });

  it('rejects a sale of more than is held, and a size that buys nothing', () => {
    const orders = submit(start, sell('1'), spend('0.1'), buy('0'));
    const { settled } = matchAtOpen(orders, 'X', bar(2, 2000), feeRate);
    expect(settled.map(({ outcome }) => outcome.status === 'rejected' && outcome.reason)).to.eql([
      'insufficient position: 1 to sell, 0 held',
      'the size buys less than 0.0001 X at 2000',
      'the size buys less than 0.0001 X at 2000',
    ]);
  });

  it('matches orders of one bar in the order they came, each against what the last one left', () => {
    const orders = submit(start, buy('6'), buy('6'), sell('6'), buy('6'));
    const { book, settled } = matchAtOpen(orders, 'X', bar(2, 1000), feeRate);
    const statuses = settled.map(({ id, outcome }) => `${id} ${outcome.status}`);
    expect(statuses).to.deep.equal([
      'order-1 filled',
      'order-2 rejected',
      'order-3 filled',
      'order-4 filled',
    ]);
    expect(book.portfolio.cash.toFixed()).to.equal('3982');
  });

  it('leaves orders for another symbol pending, and a bar without orders changes nothing', () => {
    const orders = submit(start, buy('1'));
    expect(matchAtOpen(orders, 'Y', bar(2, 1000), feeRate).book).to.equal(orders);
    expect(matchAtOpen(start, 'X', bar(2, 1000), feeRate).book).to.equal(start);
  });

  it('keeps the newest settled orders and refuses more pending ones than its cap', () => {
    const many = Array.from({ length: pendingMax }, () => buy('0.0001'));
    const full = submit(start, ...many);
    expect(() => submit(full, buy('1'))).to.throw('1000 orders are pending already');
    let { book } = matchAtOpen(full, 'X', bar(2, 1), feeRate);
    book = matchAtOpen(submit(book, buy('1')), 'X', bar(3, 1), feeRate).book;
    expect(book.settled).to.have.length(settledMax);
    expect(book.settled.at(-1)?.id).to.equal('order-1001');
    expect(book.settled[0]?.id).to.equal('order-2');
  });
});
