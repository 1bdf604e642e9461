import { expect } from 'chai';
import { describe, it } from 'mocha';
import { join } from 'node:path';
import { packageRoot } from '../../../../config/paths.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { freshStores } from './fresh-store.ts';

const missing = whyNoPostgres();

/** Seed tables with their columns; ours have more. */
const tables = {
  markets: `condition_id question slug market_type outcomes clob_token_ids active closed end_date_iso
    created_at updated_at`,
  price_snapshots: 'ts token_id price volume_24h',
  orderbook_snapshots: 'ts token_id bids asks spread midpoint',
  trades: 'ts token_id side price size trade_id',
  resolutions: `condition_id outcome winner_token_id resolved_at payout_price detection_method
    created_at`,
  price_candles_1h: 'token_id open high low close avg_volume',
  trade_volume_1h: 'token_id trade_count total_size total_value avg_price',
  schema_migrations: 'version filename applied_at',
};

describe(`the collector's schema${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  it('is made in an empty database, and brought up to date a second time applies nothing (row 21)', async () => {
    const { rows, database, schema } = await freshStore();
    const columns = await rows(
      `SELECT table_name AS name, array_agg(column_name::text) AS columns
       FROM information_schema.columns WHERE table_schema = '${schema}' GROUP BY 1`,
    );
    for (const [table, wanted] of Object.entries(tables)) {
      const found = columns.find(({ name }) => name === table)?.['columns'];
      expect(found, table).to.include.members(wanted.split(/\s+/));
    }
    const folder = join(packageRoot(), 'modules', 'collector', 'migrations');
    const again = await database.migrate({ owner: 'collector', folder, schema });
    expect(again).to.deep.equal({ applied: [], version: 4 });
  });

  it('has as many schemas as there are collectors, which share nothing', async () => {
    const { url, store } = await freshStore();
    await store.saveCursor({ name: 'walk', value: 'mine' });
    const other = await freshStore({ url, schema: 'demo' });
    expect(await other.store.cursor('walk')).to.equal(null);
    expect(await other.rows('SELECT FROM demo.trades')).to.deep.equal([]);
  });
});
