import fc from 'fast-check';
import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Trade } from '../../../../modules/collector/rows.ts';
import { type Fill, identified, Ordinals } from '../../../../modules/collector/trades/identity.ts';
import { Fetched, Twins } from '../../../../modules/collector/trades/twins.ts';

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
const ids = (fills: readonly Fill[]) => identified(fills).map(({ id }) => id);

describe('the identity of a trade', () => {
  it('is the same on the stream and in the Data API, whatever its time and spelling', () => {
    const rest: Fill = { ...fill, atMs: 1_703_875_205_000, source: 'backfill' };
    const noisy: Fill = { ...rest, price: '0.50999999999', transactionHash: '0xAB' };
    expect(ids([rest])).to.deep.equal(ids([fill]));
    expect(ids([noisy])).to.deep.equal(ids([fill]));
  });

  it('differs when anything but the time differs, and by the time where there is no hash', () => {
    const others: Partial<Fill>[] = [
      { tokenId: '7' },
      { side: 'SELL' },
      { price: '0.52' },
      { size: '25.000001' },
      { transactionHash: '0xac' },
      { transactionHash: null },
      { transactionHash: null, atMs: fill.atMs + 1 },
    ];
    const all = [fill, ...others.map((change) => ({ ...fill, ...change }))].flatMap((one) =>
      ids([one]),
    );
    expect(new Set(all).size).to.equal(all.length);
  });

  it('tells equal fills of one frame apart, and gives the frame the same ids when it comes again', () => {
    const frame = [fill, { ...fill, size: '3' }, fill, fill];
    expect(new Set(ids(frame)).size).to.equal(4);
    expect(ids(frame)).to.deep.equal(ids(frame));
  });

  it(`is the same for a walk through pages, however they are cut (seed ${seed})`, () => {
    const some = fc.array(
      fc.record({ size: fc.constantFrom('1', '2'), hash: fc.constantFrom('0x1', '0x2') }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(some, fc.integer({ min: 1, max: 7 }), (rows, pageSize) => {
        const fills = rows.map(({ size, hash }) => ({ ...fill, size, transactionHash: hash }));
        const walk = new Ordinals();
        const paged: string[] = [];
        for (let at = 0; at < fills.length; at += pageSize) {
          const page = walk.identified(fills.slice(at, at + pageSize));
          paged.push(...page.map(({ id }) => id));
        }
        expect(paged).to.deep.equal(ids(fills));
        expect(new Set(paged).size).to.equal(paged.length);
      }),
      { seed },
    );
  });
});

describe('a trade without a hash', () => {
  const told = (id: string, change: Partial<Trade> = {}): Trade => ({
    id,
    ...fill,
    transactionHash: null,
    ...change,
  });
  const row = (id: string, change: Partial<Trade> = {}): Trade => ({
    id,
    ...fill,
    atMs: fill.atMs + 2000,
    source: 'backfill',
    ...change,
  });
  const missing = (unhashed: Trade[], rows: Trade[], known: string[] = []) =>
    new Twins(unhashed).missing(rows, new Set(known)).map(({ id }) => id);

  it('is the twin of one row of the Data API, of as many as there are and no more', () => {
    expect(missing([told('s1')], [row('r1')])).to.deep.equal([]);
    expect(missing([told('s1')], [row('r1'), row('r2')])).to.deep.equal(['r2']);
    expect(missing([told('s1'), told('s2')], [row('r1'), row('r2')])).to.deep.equal([]);
    expect(missing([told('s1')], [row('r1', { size: '26' })])).to.deep.equal(['r1']);
    expect(missing([], [row('r1')])).to.deep.equal(['r1']);
  });

  it('is no twin of a row that is stored under its own id, nor of one from another time', () => {
    expect(missing([told('s1')], [row('r1'), row('r2')], ['r1'])).to.deep.equal([]);
    expect(missing([told('s1')], [row('r1', { atMs: fill.atMs - 60_000 })])).to.deep.equal(['r1']);
    expect(missing([told('s1')], [row('r1', { atMs: fill.atMs + 3_600_000 })])).to.deep.equal([
      'r1',
    ]);
  });

  it('that comes after its row was fetched is known, also when it comes again', () => {
    const fetched = new Fetched();
    fetched.add([row('r1')]);
    expect(fetched.hasTwinOf({ ...told('s0'), transactionHash: '0xcd' })).to.equal(false);
    expect(fetched.hasTwinOf(told('s1'))).to.equal(true);
    expect(fetched.hasTwinOf(told('s1'))).to.equal(true);
    expect(fetched.hasTwinOf(told('s2')), 'an equal one').to.equal(false);
  });
});
