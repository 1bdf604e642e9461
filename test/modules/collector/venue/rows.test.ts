import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { parseBook } from '../../../../modules/collector/venue/book.ts';
import { parseMarket } from '../../../../modules/collector/venue/market.ts';
import { parseOfficialResolution } from '../../../../modules/collector/venue/official-resolution.ts';
import { type Parsed, parseEach } from '../../../../modules/collector/venue/parsed.ts';
import { parseTrade } from '../../../../modules/collector/venue/trade.ts';

const seed = 7_141_202;

const market = {
  id: '559657',
  question: 'Will it rain?',
  conditionId: '0xc8f1',
  slug: 'rain',
  outcomes: '["Yes", "No"]',
  outcomePrices: '["0.891", "0.109"]',
  clobTokenIds: '["111", "222"]',
  active: true,
  closed: false,
  endDate: '2028-11-07T00:00:00Z',
  endDateIso: '2028-11-07',
  volume: '12.5',
  volume24hr: 3.25,
  updatedAt: '2026-03-11T15:13:38.097738Z',
  closedTime: '2026-03-12 15:13:38+00',
  umaResolutionStatuses: '["proposed", "disputed"]',
};
const book = {
  asset_id: '111',
  timestamp: '1728799418260',
  hash: 'h1',
  bids: [
    { price: '0.01', size: '1000' },
    { price: '0.1', size: '125' },
    { price: '0.06', size: '200' },
  ],
  asks: [
    { price: '0.98', size: '5000' },
    { price: '0.14', size: '705' },
    { price: '0.2', size: '70' },
  ],
};
const trade = {
  proxy_wallet: '0x1',
  side: 'buy',
  token_id: '111',
  condition_id: '0xc8f1',
  size: 25,
  price: 0.5,
  timestamp: 1722470400,
  transaction_hash: '0xabc',
};
const resolution = {
  condition_id: '0xc8f1',
  status: 'resolved',
  proposed_price: '69',
  reproposed_price: '69',
  price: '1000000',
  payouts: [0, 1_000_000],
  resolved_at: '1722470400',
  transaction_hash: '',
};

function rowOf<T>(parsed: Parsed<T>): T {
  if (parsed.kind !== 'row') throw new Error(`expected a row: ${JSON.stringify(parsed)}`);
  return parsed.row;
}

describe("the venue's rows", () => {
  it('reads a market with JSON inside its strings', () => {
    const row = rowOf(parseMarket(market));
    expect(row).to.deep.include({
      conditionId: '0xc8f1',
      outcomes: ['Yes', 'No'],
      tokenIds: ['111', '222'],
      prices: ['0.891', '0.109'],
      endDateIso: '2028-11-07',
      volume24h: '3.25',
      umaStatus: 'disputed',
      active: true,
      closed: false,
    });
    expect(row.updatedAt?.toISOString()).to.equal('2026-03-11T15:13:38.097Z');
    expect(row.closedAt?.toISOString()).to.equal('2026-03-12T15:13:38.000Z');
  });

  const readable: readonly (readonly [string, object, object])[] = [
    [
      'lists as lists',
      { clobTokenIds: ['111', '222'], outcomes: ['Yes', 'No'] },
      { tokenIds: ['111', '222'] },
    ],
    ['snake case', { conditionId: undefined, condition_id: '0xc8f1' }, { conditionId: '0xc8f1' }],
    [
      'tokens that do not exist yet',
      { clobTokenIds: '["", ""]', outcomePrices: '' },
      { tokenIds: [], prices: [] },
    ],
    [
      'no lists at all',
      { clobTokenIds: null, outcomes: '', outcomePrices: undefined },
      { tokenIds: [], outcomes: [] },
    ],
    ['flags as texts', { active: 'false', closed: 'true' }, { active: false, closed: true }],
    ['amounts as texts', { volume24hr: '7.50' }, { volume24h: '7.5' }],
    ['amounts missing', { volume24hr: null }, { volume24h: null }],
    [
      'one price missing',
      { outcomePrices: '["0.4", ""]' },
      { prices: ['0.4', null], unreadablePrices: null },
    ],
  ];
  for (const [what, change, expected] of readable)
    it(`reads a market with ${what}`, () => {
      expect(rowOf(parseMarket({ ...market, ...change }))).to.deep.include(expected);
    });

  const garbled: readonly (readonly [string, object])[] = [
    ['tokens cut off', { clobTokenIds: '["111", "22' }],
    ['a token that is none', { clobTokenIds: '["111", "two"]' }],
    ['a token that lost its digits', { clobTokenIds: '[1e77, 2]' }],
    ['outcomes that are none', { outcomes: '{"Yes": 1}' }],
    ['more outcomes than tokens', { outcomes: '["A","B","C"]' }],
    ['a condition id that is none', { conditionId: { hex: 1 } }],
  ];
  for (const [what, change] of garbled)
    it(`refuses a market with ${what}, whose tokens would be confused`, () => {
      expect(parseMarket({ ...market, ...change }).kind).to.equal('garbage');
    });

  it('skips a market without a condition, which is no garbage', () => {
    expect(parseMarket({ ...market, conditionId: '' })).to.deep.equal({ kind: 'nothing' });
  });

  it('reads a market whose prices are garbage, and says so to who wants prices', () => {
    const row = rowOf(parseMarket({ ...market, outcomePrices: '["0.5", "much"]' }));
    expect(row.prices).to.deep.equal(['0.5', null]);
    expect(row.unreadablePrices?.reason).to.include('much');
    expect(row.unreadablePrices?.raw).to.include('0xc8f1');
    const shifted = rowOf(parseMarket({ ...market, outcomePrices: '["0.5"]' }));
    expect(shifted.prices).to.deep.equal([]);
    expect(shifted.unreadablePrices).to.not.equal(null);
  });

  it('puts the best level first by price, whatever the order they come in (row 14)', () => {
    const row = rowOf(parseBook(book));
    expect(row.bids.map(([price]) => price)).to.deep.equal(['0.1', '0.06', '0.01']);
    expect(row.asks.map(([price]) => price)).to.deep.equal(['0.14', '0.2', '0.98']);
    const turned = { ...book, bids: book.bids.toReversed(), asks: book.asks.toReversed() };
    expect(rowOf(parseBook(turned))).to.deep.equal(row);
  });

  it(`puts the best level first for any levels, exactly (seed ${seed})`, () => {
    const levels = fc.array(
      fc.record({
        price: fc.integer({ min: 1, max: 999 }).map((p) => `0.${`${p}`.padStart(3, '0')}`),
        size: fc.constant('5'),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(levels, levels, (bids, asks) => {
        const row = rowOf(parseBook({ ...book, bids, asks }));
        expect(Number(row.bids[0]![0])).to.equal(
          Math.max(...bids.map(({ price }) => Number(price))),
        );
        expect(Number(row.asks[0]![0])).to.equal(
          Math.min(...asks.map(({ price }) => Number(price))),
        );
      }),
      { seed, numRuns: 200 },
    );
  });

  it('leaves out a level that is gone, and takes an empty side for what it is', () => {
    const row = rowOf(parseBook({ ...book, bids: [{ price: '0.3', size: '0' }], asks: null }));
    expect([row.bids, row.asks]).to.deep.equal([[], []]);
  });

  it('refuses a book with one level that cannot be read: it might be the best', () => {
    expect(parseBook({ ...book, bids: [...book.bids, { price: 'x', size: '1' }] }).kind).to.equal(
      'garbage',
    );
    expect(parseBook({ ...book, asks: 'none' }).kind).to.equal('garbage');
    expect(parseBook({ ...book, asset_id: 5e77 }).kind).to.equal('garbage');
  });

  it('reads a trade of either version of the Data API as the same one', () => {
    const row = rowOf(parseTrade(trade));
    expect(row).to.deep.equal({
      at: new Date('2024-08-01T00:00:00Z'),
      tokenId: '111',
      conditionId: '0xc8f1',
      side: 'BUY',
      price: '0.5',
      size: '25',
      transactionHash: '0xabc',
    });
    const old = {
      side: 'BUY',
      asset: '111',
      conditionId: '0xc8f1',
      size: '25.0',
      price: '0.50',
      timestamp: '1722470400',
      transactionHash: '0xabc',
    };
    expect(rowOf(parseTrade(old))).to.deep.equal(row);
    for (const lost of ['token_id', 'side', 'price', 'size', 'timestamp'])
      expect(parseTrade({ ...trade, [lost]: undefined }).kind, lost).to.equal('garbage');
  });

  it('reads payouts as parts of one, and "69" as a price that is not set', () => {
    expect(rowOf(parseOfficialResolution(resolution))).to.deep.include({
      payouts: ['0', '1'],
      proposedPrice: null,
      price: '1',
      status: 'resolved',
    });
    const half = { ...resolution, payouts: [500_000, 500_000], price: '0.5', proposed_price: '0' };
    expect(rowOf(parseOfficialResolution(half))).to.deep.include({
      payouts: ['0.5', '0.5'],
      price: '0.5',
      proposedPrice: '0',
    });
    expect(
      rowOf(parseOfficialResolution({ ...resolution, price: '69', payouts: [] })),
    ).to.deep.include({ price: null, payouts: null });
    for (const payouts of [[2_000_000, 0], ['x', 'y'], { a: 1 }])
      expect(parseOfficialResolution({ ...resolution, payouts }).kind).to.equal('garbage');
  });

  const parsers: readonly (readonly [string, object, (raw: unknown) => Parsed<unknown>])[] = [
    ['markets', market, parseMarket],
    ['books', book, parseBook],
    ['trades', trade, parseTrade],
    ['resolutions', resolution, parseOfficialResolution],
  ];
  for (const [what, good, parse] of parsers) {
    it(`never throws at ${what}, whatever comes, and loses no garbage (seed ${seed})`, () => {
      const broken = fc
        .tuple(fc.constantFrom(...Object.keys(good)), fc.anything())
        .map(([key, value]) => ({ ...good, [key]: value }));
      const anything = fc.oneof(fc.anything(), fc.jsonValue(), broken, fc.constant(good));
      fc.assert(
        fc.property(fc.array(anything, { maxLength: 8 }), (items) => {
          const wire = JSON.parse(
            JSON.stringify(items, (_, value: unknown) =>
              typeof value === 'bigint' ? `${value}` : value,
            ),
          ) as unknown[];
          const kinds = wire.map((item) => parse(item).kind);
          const { rows, garbage } = parseEach(wire, parse);
          expect(rows).to.have.length(kinds.filter((kind) => kind === 'row').length);
          expect(garbage).to.have.length(kinds.filter((kind) => kind === 'garbage').length);
          for (const { raw, reason } of garbage) {
            // eslint-disable-next-line no-control-regex -- a database refuses it
            expect(raw + reason).to.not.match(/\u0000|\p{Surrogate}/u);
            expect(reason).to.not.equal('');
          }
        }),
        { seed, numRuns: 300 },
      );
    });
  }

  it('keeps what it could not read as it came', () => {
    const { garbage } = parseEach([{ asset_id: 'x\u0000' }, 'text', undefined], parseBook);
    expect(garbage.map(({ raw }) => raw)).to.deep.equal([
      '{"asset_id":"x\\u0000"}',
      'text',
      'undefined',
    ]);
  });
});
