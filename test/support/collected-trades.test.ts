import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import pg from 'pg';
import type { LedgerRow } from '../simulators/polymarket/ledger.ts';
import { testVenues } from '../simulators/polymarket/venue.ts';
import { compareTrades } from './collected-trades.ts';
import { testDatabases, whyNoPostgres } from './postgres.ts';

describe('the comparison of a database with the ledger of the venue', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const freshDatabase = testDatabases();
  const openVenue = testVenues();
  let client: pg.Client;

  beforeEach(async () => {
    client = new pg.Client({ connectionString: await freshDatabase() });
    await client.connect();
    await client.query(`CREATE TABLE trades (ts timestamptz, token_id text, side text,
      price numeric, size numeric, transaction_hash text)`);
  });
  afterEach(() => client.end());

  async function* inPages(rows: readonly LedgerRow[]) {
    for (let from = 0; from < rows.length; from += 7) {
      yield await Promise.resolve(rows.slice(from, from + 7));
    }
  }

  async function store(rows: readonly LedgerRow[], isFromStream: boolean): Promise<void> {
    for (const row of rows) {
      const hash = row.hasHashOnStream || !isFromStream ? row.transactionHash : null;
      const atMs = isFromStream ? row.atMs : row.blockMs;
      await client.query('INSERT INTO trades VALUES (to_timestamp($1), $2, $3, $4, $5, $6)', [
        ...[
          atMs / 1000,
          row.tokenId,
          row.side,
          row.price,
          `${row.size}${row.size.includes('.') ? '0' : '.0'}`,
        ],
        hash,
      ]);
    }
  }

  it('finds what is lost, what is too many, and what has another time', async () => {
    const venue = await openVenue({ markets: 20, twinShare: 0.3, hashlessShare: 0.2 });
    const rows = venue.trade(60);
    const compared = async () => {
      const { examples, ...figures } = await compareTrades(client, 'public', inPages(rows));
      return { ...figures, examples: examples.length };
    };
    const half = Math.floor(rows.length / 2);
    await store(rows.slice(0, half), true);
    await store(rows.slice(half), false);
    const all = { made: rows.length, stored: rows.length };
    const same = { lost: 0, doubled: 0, mistimed: 0, examples: 0 };
    expect(await compared()).to.deep.equal({ ...all, ...same });

    await client.query(`DELETE FROM trades WHERE ctid IN (SELECT ctid FROM trades LIMIT 2)`);
    const short = { ...all, stored: rows.length - 2, lost: 2, doubled: 0, mistimed: 0 };
    expect(await compared()).to.include(short);

    await store(rows.slice(0, 3), true);
    const more = { ...all, stored: rows.length + 1, lost: 0, doubled: 1, mistimed: 0 };
    expect(await compared()).to.include(more);

    await client.query(
      `UPDATE trades SET ts = ts + interval '1 minute', price = price / 2
      WHERE ctid IN (SELECT ctid FROM trades WHERE token_id = $1 LIMIT 1)`,
      [rows[0]!.tokenId],
    );
    const { lost, doubled } = await compared();
    expect({ lost: lost >= 0, doubled: doubled >= 2 }).to.deep.equal({ lost: true, doubled: true });
    await client.query(`UPDATE trades SET ts = ts + interval '1 minute'`);
    expect((await compared()).mistimed).to.be.greaterThan(50);
  });
});
