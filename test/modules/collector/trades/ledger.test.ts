import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Coverage } from '../../../../modules/collector/store.ts';
import { Ledger } from '../../../../modules/collector/trades/ledger.ts';
import { TradeQueue } from '../../../../modules/collector/trades/trade-queue.ts';

describe('the books of the trade listener', () => {
  it('have what was dropped as a gap before any time behind it counts as covered, also at the very end', () => {
    const told: string[] = [];
    const tell =
      (what: string) =>
      (...given: unknown[]) =>
        void told.push(`${what} ${given.join(' ')}`);
    const coverage = {
      ...{ covered: tell('covered'), gap: tell('gap'), dropped: tell('dropped') },
      ...{ frame: () => undefined, disconnected: tell('disconnected') },
    } as unknown as Coverage;
    const queue = new TradeQueue(1);
    const fill = { side: 'BUY', price: '1', size: '1', transactionHash: null } as const;
    for (const [index, tokenId] of ['a', 'b'].entries()) {
      const trade = { id: tokenId, atMs: 0, source: 'stream', tokenId, ...fill } as const;
      queue.offer({ trade, stream: 'trades/0', receivedAtMs: 1000 + index });
    }
    queue.done(1);
    const gaps: object[] = [];
    const ledger = new Ledger({ coverage, queue, now: () => 2000, onGap: (gap) => gaps.push(gap) });
    ledger.closed({ stream: 'trades/0', lastTakenMs: 1001 });
    expect(told).to.deep.equal([
      'dropped trades/0 1 1001',
      'gap trades/0 1001 1002 overflow',
      'covered trades/0 1001',
      'disconnected trades/0 2000 stopped',
    ]);
    expect(gaps).to.deep.equal([{ stream: 'trades/0', fromMs: 1001, toMs: 1002, tokenIds: ['b'] }]);
  });
});
