import fc from 'fast-check';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFrame } from '../../../../modules/collector/trades/frame.ts';
import { type Fill, identified } from '../../../../modules/collector/trades/identity.ts';
import { subscription } from '../../../../modules/collector/trades/protocol.ts';

const seed = 20261122;
const fill: Fill = {
  atMs: 1_703_875_202_345,
  tokenId: '71321045679252212594626385532706912750332728571942532289631379312455583992563',
  side: 'BUY',
  price: '0.51',
  size: '25',
  transactionHash: '0xab',
  source: 'stream',
};

describe('a frame of the market channel', () => {
  const event = {
    event_type: 'last_trade_price',
    asset_id: fill.tokenId,
    price: '0.510',
    size: '25.0',
    side: 'buy',
    timestamp: '1703875202345',
    transaction_hash: '0xab',
  };

  it('is a trade, or an array of them, with the side in any case', () => {
    expect(readFrame(JSON.stringify(event)).trades).to.deep.equal(identified([fill]));
    const two = readFrame(JSON.stringify([event, { event_type: 'book', bids: [] }, event]));
    expect(two.trades).to.deep.equal(identified([fill, fill]));
    expect(two).to.deep.include({ hasMoves: true, hasData: true, garbage: [] });
  });

  it('is no trade when it is PONG, of another kind, or of a kind that nobody knows', () => {
    const kinds: readonly (readonly [string, object])[] = [
      ['PONG', { isPong: true, hasData: false }],
      ['', { isPong: false, hasData: false }],
      ['[]', { hasData: false }],
      ['{"event_type":"book","bids":[]}', { hasData: true, hasMoves: false }],
      ['[{"event_type":"price_change","price_changes":[]}]', { hasData: true, hasMoves: true }],
      ['{"event_type":"new_market","id":"1"}', { hasData: false, hasMoves: false }],
      ['{"event_type":"something_of_2027"}', { hasData: false }],
    ];
    for (const [text, expected] of kinds) {
      expect(readFrame(text), text).to.deep.include({ trades: [], garbage: [], ...expected });
    }
  });

  it('keeps the trades beside what cannot be read, which it hands on with its text', () => {
    const broken = [
      { ...event, price: 'a lot' },
      { ...event, asset_id: 1e30 },
      { ...event, side: 'HOLD' },
      { ...event, size: '' },
      { ...event, timestamp: 'now' },
      null,
      7,
    ];
    const read = readFrame(JSON.stringify([event, ...broken]));
    expect(read.trades).to.have.length(1);
    expect(read.garbage).to.have.length(broken.length);
    expect(read.garbage[0]?.raw).to.include('a lot');
    expect(readFrame('{"event_type":"last_tr').garbage).to.have.length(1);
  });

  it(`never makes it throw, whatever it is (seed ${seed})`, () => {
    const json = fc.json({ maxDepth: 4 });
    const near = fc.object({ key: fc.constantFrom(...Object.keys(event)), maxDepth: 2 });
    fc.assert(
      fc.property(fc.oneof(fc.string(), json), (text) => void readFrame(text)),
      { seed },
    );
    fc.assert(
      fc.property(near, (given) => {
        const read = readFrame(JSON.stringify([{ ...event, ...given }]));
        expect(read.trades.length + read.garbage.length).to.be.most(1);
      }),
      { seed },
    );
  });

  it('is asked for in the form of the first message, then of changes, ids as text', () => {
    const change = { topics: ['12', '34'], id: 1 } as const;
    expect(
      JSON.parse(subscription({ ...change, action: 'subscribe', isFirst: true })),
    ).to.deep.equal({
      assets_ids: ['12', '34'],
      type: 'market',
    });
    for (const action of ['subscribe', 'unsubscribe'] as const) {
      const text = subscription({ ...change, action, isFirst: false });
      expect(JSON.parse(text)).to.deep.equal({ assets_ids: ['12', '34'], operation: action });
    }
  });
});
