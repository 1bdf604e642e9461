import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Fill } from '../../../../modules/collector/trades/identity.ts';
import { TradeQueue } from '../../../../modules/collector/trades/trade-queue.ts';

const fill: Fill = {
  atMs: 1_703_875_202_345,
  tokenId: '71321045679252212594626385532706912750332728571942532289631379312455583992563',
  side: 'BUY',
  price: '0.51',
  size: '25',
  transactionHash: '0xab',
  source: 'stream',
};

describe('the queue of trades', () => {
  const item = (n: number, stream = 'trades/0') => ({
    trade: { id: String(n), ...fill },
    stream,
    receivedAtMs: n,
  });

  it('is first in, first out, and gives again what was not said to be done', () => {
    const queue = new TradeQueue(5000);
    for (let n = 0; n < 3000; n += 1) expect(queue.offer(item(n))).to.equal(true);
    expect(queue.peek(2).map(({ trade }) => trade.id)).to.deep.equal(['0', '1']);
    expect(queue.peek(1)).to.have.length(1);
    queue.done(1500);
    expect(queue.depth).to.equal(1500);
    expect(queue.oldestMs).to.equal(1500);
    queue.done(1500);
    expect(queue.oldestMs).to.equal(null);
  });

  it('drops the newest when it is full, and knows how many of what time and stream', () => {
    const queue = new TradeQueue(2);
    for (let n = 0; n < 4; n += 1) queue.offer(item(n));
    queue.offer(item(4, 'trades/1'));
    expect(queue.droppedTotal).to.equal(3);
    expect(queue.takeDropped()).to.deep.equal([
      { stream: 'trades/0', count: 2, fromMs: 2, toMs: 4, tokenIds: new Set([fill.tokenId]) },
      { stream: 'trades/1', count: 1, fromMs: 4, toMs: 5, tokenIds: new Set([fill.tokenId]) },
    ]);
    expect(queue.takeDropped()).to.deep.equal([]);
    expect(queue.depth).to.equal(2);
  });

  it('says when all that was in it is done, and not what came later', async () => {
    const queue = new TradeQueue(10);
    const { signal } = new AbortController();
    queue.offer(item(0));
    queue.offer(item(1));
    let isPassed = false;
    const passed = queue.passed(signal).then(() => (isPassed = true));
    queue.offer(item(2));
    queue.done(1);
    await Promise.resolve();
    expect(isPassed).to.equal(false);
    queue.done(1);
    await passed;
    expect(queue.depth).to.equal(1);
    const stop = new AbortController();
    const waiting = queue.passed(stop.signal);
    stop.abort(new Error('enough'));
    expect(await waiting.catch((error: unknown) => (error as Error).message)).to.equal('enough');
  });
});
