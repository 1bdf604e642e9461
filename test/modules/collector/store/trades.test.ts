import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { dayMs } from '../../../../modules/collector/store/days.ts';
import { type FreshStore, freshStores, noon, today, trade } from './fresh-store.ts';

const seed = 7_032_001;
const hourMs = 3_600_000;
const missing = whyNoPostgres();

describe(`trades in the database${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  it('keeps a trade once however often and by whatever way it comes, with the time it came with first', async () => {
    const { store, rows } = await freshStore();
    const first = trade({ id: 'a' });
    await store.addTrades([first, trade({ id: 'b' })]);
    await store.addTrades([first, { ...first, atMs: noon + 2000, source: 'backfill' }]);
    await store.addTrades([{ ...first, atMs: noon - hourMs, source: 'backfill' }]);
    expect(await rows('SELECT trade_id, ts, source FROM trades ORDER BY trade_id')).to.deep.equal([
      { trade_id: 'a', ts: new Date(noon), source: 'stream' },
      { trade_id: 'b', ts: new Date(noon), source: 'stream' },
    ]);
    expect(store.tradeCounts).to.deep.equal({ inserted: 2, quarantined: 0, waiting: 0 });
  });

  it('takes the stream’s word where one batch has both, and knows a trade across midnight', async () => {
    const { store, rows } = await freshStore();
    const late = trade({ id: 'a', atMs: today - 100 });
    await store.addTrades([{ ...late, atMs: today + 3000, source: 'backfill' }, late]);
    await store.addTrades([{ ...late, atMs: today + 3000, source: 'backfill' }]);
    expect(await rows('SELECT ts, source FROM trades')).to.deep.equal([
      { ts: new Date(today - 100), source: 'stream' },
    ]);
    expect(await rows('SELECT trade_count FROM trade_volume_1h')).to.deep.equal([
      { trade_count: '1' },
    ]);
  });

  it('keeps prices, sizes and ids exactly as they came', async () => {
    const { store, rows } = await freshStore();
    const exact = { price: '0.5700', size: '123456789012345678.000001', tokenId: '9'.repeat(78) };
    await store.addTrades([trade({ id: 'a', ...exact, transactionHash: null })]);
    expect(await rows('SELECT price, size, token_id, transaction_hash FROM trades')).to.deep.equal([
      { price: exact.price, size: exact.size, token_id: exact.tokenId, transaction_hash: null },
    ]);
  });

  it('has the same hours as the trades that are stored, whatever came twice, late or out of order (seed 7032001)', async () => {
    const fresh = await freshStore();
    const anyTrade = fc.record({
      id: fc.integer({ min: 0, max: 60 }).map((id) => `t${id}`),
      tokenId: fc.constantFrom('1', '2', '3'),
      atMs: fc.integer({ min: noon - 2 * hourMs, max: noon + 2 * hourMs }),
      price: fc.integer({ min: 1, max: 999 }).map((price) => (price / 1000).toFixed(3)),
      size: fc.integer({ min: 1, max: 1_000_000 }).map((size) => (size / 100).toFixed(2)),
      source: fc.constantFrom('stream' as const, 'backfill' as const),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyTrade, { maxLength: 40 }), async (batch) => {
        await fresh.store.addTrades(batch.map((one) => trade(one)));
        expect(await fresh.rows(wrongHours)).to.deep.equal([]);
        expect(await fresh.rows(doubled)).to.deep.equal([]);
      }),
      { seed, numRuns: 12 },
    );
    expect(await fresh.rows('SELECT FROM trades')).to.have.lengthOf.above(30);
  });

  it('quarantines what no table can hold, and stores the rest of the batch', async () => {
    const { store, rows } = await freshStore();
    const bad = [
      trade({ id: 'price', price: 'NaN' }),
      trade({ id: 'time', atMs: 1_700_000_000 }),
      trade({ id: 'token', tokenId: 'a\0b' }),
      trade({ id: 'x'.repeat(129) }),
    ];
    await store.addTrades([...bad, trade({ id: 'good' })]);
    await store.coverage.flush();
    expect(await rows('SELECT trade_id FROM trades')).to.deep.equal([{ trade_id: 'good' }]);
    const reasons = (await rows('SELECT reason FROM quarantine ORDER BY id')).map(
      (row) => row['reason'],
    );
    expect(reasons).to.deep.equal([
      'the price "NaN" is no decimal',
      'the time 1700000000 is no time in milliseconds between 2020 and 2100',
      'the token "a\\u0000b" is no id of up to 128 characters',
      `the id "${'x'.repeat(40)}" is no id of up to 128 characters`,
    ]);
    expect(store.tradeCounts).to.include({ inserted: 1, quarantined: 4 });
  });

  it('makes the partition of a day that has none yet, long past or by a wrong clock ahead, but not of any number', async () => {
    const { store, rows } = await freshStore();
    const odd = [today - 400 * dayMs, today - 60 * dayMs, today + 900 * dayMs];
    await store.addTrades([...odd, noon].map((atMs, index) => trade({ id: `t${index}`, atMs })));
    expect(await rows('SELECT trade_id FROM trades ORDER BY trade_id')).to.have.lengthOf(4);
    const many = Array.from({ length: 50 }, (_, index) => today - (500 + index) * dayMs);
    await store.addTrades(many.map((atMs, index) => trade({ id: `m${index}`, atMs })));
    expect(await rows('SELECT FROM trades')).to.have.lengthOf(4 + 29);
    expect(store.tradeCounts).to.include({ inserted: 33, quarantined: 21 });
  });

  it('tells what is stored of ids, and which trades came without a hash', async () => {
    const { store } = await freshStore();
    const bare = trade({ id: 'bare', transactionHash: null });
    await store.addTrades([trade({ id: 'a' }), bare, trade({ id: 'later', atMs: noon + hourMs })]);
    const span = { fromMs: noon - 1000, toMs: noon + 1000 };
    const known = await store.knownTradeIds(['a', 'later', 'never'], span);
    expect([...known]).to.deep.equal(['a']);
    expect(await store.tradesWithoutHash([bare.tokenId], span)).to.deep.equal([bare]);
  });

  it('stores what an earlier run left on disk, also of days that have no partition', async () => {
    const first = await freshStore();
    await blockTrades(first);
    const waiting = [trade({ id: 'a' }), trade({ id: 'b', atMs: today - 50 * dayMs })];
    const writing = first.store.addTrades(waiting);
    await first.close(200);
    await writing;
    await first.rows('ALTER TABLE trades_away RENAME TO trades');
    const { url, schema, spillFolder } = first;
    const second = await freshStore({ url, schema, spillFolder });
    await second.store.flushTrades();
    expect(await second.rows('SELECT trade_id FROM trades ORDER BY 1')).to.deep.equal([
      { trade_id: 'a' },
      { trade_id: 'b' },
    ]);
    expect(second.store.tradeCounts).to.deep.equal({ inserted: 2, quarantined: 0, waiting: 0 });
  });
});

/** Statements that need the table fail until it has its name again. */
async function blockTrades({ rows }: FreshStore): Promise<void> {
  await rows('ALTER TABLE trades RENAME TO trades_away');
}

const wrongHours = `
SELECT * FROM (
  SELECT token_id, date_trunc('hour', ts, 'UTC') AS bucket, count(*) AS trade_count,
    sum(size) AS total_size, sum(price * size) AS total_value, avg(price)::numeric(20, 9) AS avg_price
  FROM trades GROUP BY 1, 2
) AS right_one FULL JOIN (
  SELECT token_id, bucket, trade_count, total_size, total_value, avg_price::numeric(20, 9)
  FROM trade_volume_1h
) AS kept USING (token_id, bucket, trade_count, total_size, total_value, avg_price)
WHERE right_one IS NULL OR kept IS NULL`;

const doubled = 'SELECT trade_id FROM trades GROUP BY 1 HAVING count(*) > 1';
