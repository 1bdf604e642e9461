import { expect } from 'chai';
import { describe, it } from 'mocha';
import { FakeClock } from '../../support/fake-clock.ts';
import type { Order } from './tape.ts';
import { Tape } from './tape.ts';
import { TradeLedger } from './trade-ledger.ts';
import { Universe } from './universe.ts';
import { testVenues } from './venue.ts';

const startMs = 1_700_000_000_000;

function played(seed: number, steps: readonly number[], tradesPerSecond = 500) {
  const universe = new Universe(seed, 10, startMs);
  universe.openMarkets(200, startMs);
  const ledger = new TradeLedger();
  const options = { seed, tradesPerSecond, hashlessShare: 0.1, twinShare: 0.1 };
  const tape = new Tape(universe, ledger, options, startMs);
  const orders: Order[] = [];
  for (const step of steps) orders.push(...tape.until(startMs + step));
  return { universe, ledger, orders };
}

describe('The tape of the simulated venue', () => {
  const openVenue = testVenues();

  it('trades the same for the same seed, however often it is asked', () => {
    const rows = ({ ledger }: ReturnType<typeof played>) =>
      Array.from({ length: ledger.length }, (_, seq) => ledger.at(seq));
    const once = rows(played(3, [4000]));
    const often = rows(played(3, [1, 2, 500, 501, 3999, 4000]));
    expect(once).to.deep.equal(often);
    expect(rows(played(4, [4000]))).to.not.deep.equal(once);
  });

  it('makes about as many fills a second as it is told', () => {
    const { ledger } = played(5, [20_000]);
    expect(ledger.length / 20).to.be.within(450, 550);
  });

  it('keeps every book uncrossed, the best level last, and fills only what was there', () => {
    const { universe, orders } = played(6, [10_000]);
    for (const { bids, asks } of universe.markets.map(({ book }) => book.levels(0))) {
      const prices = [
        ...bids.map(({ units }) => units),
        ...asks.map(({ units }) => units).reverse(),
      ];
      expect(prices).to.deep.equal([...new Set(prices)].sort((a, b) => a - b));
      expect([...bids, ...asks].every(({ cents }) => cents > 0)).to.equal(true);
    }
    const changes = orders.flatMap((order) => order.changes);
    expect(changes.some(({ cents }) => cents === 0)).to.equal(true);
    expect(changes.every(({ cents }) => cents >= 0)).to.equal(true);
  });

  it('lets times only rise, and gives several fills of one order one transaction', () => {
    const { orders } = played(7, [10_000]);
    const trades = orders.flatMap((order) => order.trades);
    trades.slice(1).forEach((trade, index) => {
      expect(trade.atMs).to.be.at.least(trades[index]!.atMs);
    });
    expect(orders.some((order) => order.trades.length > 1)).to.equal(true);
    for (const order of orders) {
      expect(new Set(order.trades.map(({ transaction }) => transaction)).size).to.equal(1);
    }
  });

  it('fills some orders twice with exactly the same when it shall', () => {
    const { orders } = played(8, [10_000]);
    const isTwin = ({ trades: [first, second] }: Order) =>
      first?.cents === second?.cents && first?.units === second?.units;
    expect(orders.some(isTwin)).to.equal(true);
  });

  it('trades nothing while it is paused, and does not catch up on it', async () => {
    const clock = new FakeClock();
    const venue = await openVenue({ clock, markets: 20, tradesPerSecond: 1000 });
    await clock.advance(500);
    const before = venue.ledger.tradeCount;
    expect(before).to.be.greaterThan(200);
    venue.pause();
    await clock.advance(10_000);
    expect(venue.ledger.tradeCount).to.equal(before);
    venue.resume();
    await clock.advance(100);
    expect(venue.ledger.tradeCount - before).to.be.within(1, 300);
  });
});
