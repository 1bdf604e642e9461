import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import type { Level } from '../../../../modules/collector/rows.ts';
import { dayMs } from '../../../../modules/collector/store/days.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { freshStores, noon, today } from './fresh-store.ts';

const seed = 7_032_002;
const missing = whyNoPostgres();

describe(`snapshots in the database${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  it('have candles as the prices that are stored say, in whatever order those came (seed 7032002)', async () => {
    const { store, rows } = await freshStore();
    const anyPrice = fc.record({
      tokenId: fc.constantFrom('1', '2'),
      atMs: fc.integer({ min: 0, max: 200 }).map((minutes) => noon + minutes * 60_000),
      price: fc.integer({ min: 0, max: 1000 }).map((price) => (price / 1000).toString()),
      volume24h: fc.integer({ min: 0, max: 9999 }).map(String),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyPrice, { maxLength: 30 }), async (batch) => {
        const { length: before } = await rows('SELECT FROM price_snapshots');
        const added = await store.addPrices(batch);
        expect(await rows('SELECT FROM price_snapshots')).to.have.lengthOf(before + added);
        expect(await rows(wrongCandles)).to.deep.equal([]);
      }),
      { seed, numRuns: 12 },
    );
    expect(await rows('SELECT FROM price_candles_1h')).to.have.lengthOf(8);
  });

  it('are stored once: the same cycle again adds nothing (row 13)', async () => {
    const { store, rows } = await freshStore();
    const cycle = ['1', '2', '3'].map((tokenId) => ({
      atMs: noon,
      tokenId,
      price: '0.5',
      volume24h: '0',
    }));
    expect(await store.addPrices(cycle)).to.equal(3);
    expect(await store.addPrices(cycle)).to.equal(0);
    expect(await rows('SELECT DISTINCT ts FROM price_snapshots')).to.have.lengthOf(1);
    expect(await rows('SELECT samples FROM price_candles_1h')).to.deep.equal(
      cycle.map(() => ({ samples: '1' })),
    );
  });

  it('keep whole books with exact levels, and put apart those that no table can hold', async () => {
    const { store, rows } = await freshStore();
    const bids: Level[] = [
      ['0.570', '1.000001'],
      ['0.56', '99999999999999999999'],
    ];
    const book = {
      atMs: noon,
      tokenId: '1',
      bids,
      asks: [],
      spread: null,
      midpoint: null,
      isGhost: true,
    };
    const bad = { ...book, tokenId: '2', asks: [['1e5', '1']] as Level[] };
    expect(
      await store.addOrderbooks([book, bad, { ...book, tokenId: '3', atMs: today - 5 * dayMs }]),
    ).to.equal(2);
    await store.coverage.flush();
    expect(
      await rows(`SELECT bids, asks, is_ghost FROM orderbook_snapshots WHERE token_id = '1'`),
    ).to.deep.equal([{ bids: { levels: bids }, asks: { levels: [] }, is_ghost: true }]);
    expect(await rows('SELECT collector, reason FROM quarantine')).to.deep.equal([
      { collector: 'orderbooks', reason: 'the price of the asks "1e5" is no decimal' },
    ]);
  });
});

const wrongCandles = `
SELECT * FROM (
  SELECT token_id, date_trunc('hour', ts, 'UTC') AS bucket,
    (array_agg(price ORDER BY ts))[1] AS open, max(price) AS high, min(price) AS low,
    (array_agg(price ORDER BY ts DESC))[1] AS close, avg(volume_24h)::numeric(20, 6) AS avg_volume
  FROM price_snapshots GROUP BY 1, 2
) AS right_one FULL JOIN (
  SELECT token_id, bucket, open, high, low, close, avg_volume::numeric(20, 6) FROM price_candles_1h
) AS kept USING (token_id, bucket, open, high, low, close, avg_volume)
WHERE right_one IS NULL OR kept IS NULL`;
