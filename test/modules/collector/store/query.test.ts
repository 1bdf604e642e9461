import { expect } from 'chai';
import { describe, it } from 'mocha';
import type { Database } from '../../../../modules/api/database.ts';
import { RpcError } from '../../../../modules/api/module.ts';
import {
  answerCoverageCall,
  answerQuery,
} from '../../../../modules/collector/store/query-answer.ts';
import type { RowKind } from '../../../../modules/collector/store/query.ts';
import { readTableSizes } from '../../../../modules/collector/store/table-sizes.ts';
import { collectorMethods } from '../../../../rpc/contract-collector.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { freshStores, noon, today, trade } from './fresh-store.ts';

const missing = whyNoPostgres();
const whole = {
  from: new Date(today - 86_400_000).toISOString(),
  to: new Date(today).toISOString(),
};

describe(`collector.query${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  /** All pages, each checked to be what the contract says; `between` runs after each. */
  async function pages(
    database: Database,
    params: { readonly kind: RowKind; readonly limit?: number; readonly token?: string },
    between: (page: number) => Promise<void> = () => Promise.resolve(),
  ) {
    const rows: Readonly<Record<string, unknown>>[] = [];
    let after: string | null = null;
    for (let page = 1; ; page += 1) {
      const asked = { ...whole, ...params, ...(after === null ? {} : { after }) };
      const answer = await answerQuery(database, asked);
      collectorMethods['collector.query'].result.parse(answer);
      rows.push(...answer.rows);
      after = answer.next;
      if (after === null) return { rows, pages: page };
      await between(page);
    }
  }

  it('gives every row that was there once and in order, page by page, while more are stored', async () => {
    const { store, database } = await freshStore();
    const at = (index: number) => noon + Math.floor(index / 7) * 1000;
    const before = Array.from({ length: 100 }, (_, n) => trade({ id: `a${n}`, atMs: at(n) }));
    await store.addTrades(before);
    const { rows } = await pages(database, { kind: 'trades', limit: 9 }, async (page) => {
      const early = trade({ id: `early${page}`, atMs: noon - 1000 - page });
      const same = trade({ id: `a0-${page}`, atMs: at(page * 9) });
      await store.addTrades([
        early,
        same,
        trade({ id: `z${page}`, atMs: noon + 3_600_000 - page }),
      ]);
    });
    const ids = rows.map((row) => row['trade_id']);
    expect(new Set(ids)).to.have.property('size', ids.length);
    expect(ids).to.include.members(before.map(({ id }) => id));
    const times = rows.map((row) => `${String(row['ts'])} ${String(row['trade_id'])}`);
    expect(times).to.deep.equal([...times].sort());
  });

  it('gives rows of one time whole, however many there are, and of one token alone', async () => {
    const { store, database } = await freshStore();
    const cycle = Array.from({ length: 50 }, (_, n) => ({
      ...{ atMs: noon, tokenId: `t${n}`, price: `0.${n + 10}`, volume24h: '0' },
    }));
    await store.addPrices(cycle);
    const all = await pages(database, { kind: 'prices', limit: 7 });
    expect(all.pages).to.equal(8);
    expect(all.rows.map((row) => row['price']).sort()).to.deep.equal(
      cycle.map(({ price }) => price),
    );
    const { rows } = await pages(database, { kind: 'prices', token: 't7', limit: 1 });
    expect(rows).to.deep.equal([
      { ts: new Date(noon).toISOString(), token_id: 't7', price: '0.17', volume_24h: '0' },
    ]);
  });

  it('cuts pages of large books where the message would become too long', async () => {
    const { store, database } = await freshStore();
    const bids = Array.from({ length: 9000 }, (_, n) => [`0.${n + 1000}`, '1000000.00'] as const);
    const books = Array.from({ length: 12 }, (_, n) => ({
      ...{
        atMs: noon + n,
        tokenId: '1',
        bids,
        asks: [],
        spread: null,
        midpoint: null,
        isGhost: false,
      },
    }));
    await store.addOrderbooks(books);
    const { rows, pages: count } = await pages(database, { kind: 'books' });
    expect(rows.map((row) => row['ts'])).to.deep.equal(
      books.map(({ atMs }) => new Date(atMs).toISOString()),
    );
    expect(count).to.equal(12);
    expect(rows[11]?.['bids']).to.deep.equal(bids);
  });

  it('goes on to the microsecond where another program stored rows', async () => {
    const { database, rows: sql } = await freshStore();
    await sql(`INSERT INTO price_snapshots SELECT '${whole.from}'::timestamptz + n * interval '1 microsecond',
      'x', n, 0 FROM generate_series(1, 5) AS n`);
    const { rows } = await pages(database, { kind: 'prices', limit: 1 });
    expect(rows.map((row) => row['price'])).to.deep.equal(['1', '2', '3', '4', '5']);
    expect(rows[1]?.['ts']).to.equal(whole.from.replace('000Z', '000002Z'));
  });

  const wrong = [
    ['an unknown kind', { ...whole, kind: 'candles' }, /kind/],
    ['a time that is none', { ...whole, kind: 'trades', from: 'yesterday' }, /from/],
    ['an "after" that no page gave', { ...whole, kind: 'trades', after: 'x' }, /"after" is not/],
    ['one in pieces', { ...whole, kind: 'trades', after: `1;DROP TABLE trades` }, /"after" is not/],
    ['no page at all', { ...whole, kind: 'trades', limit: 0 }, /limit/],
    ['another param', { ...whole, kind: 'trades', order: 'desc' }, /order/],
    ['nothing', null, /params/],
  ] as const;
  it('refuses params that are wrong, and says which', async () => {
    const { database } = await freshStore();
    for (const [title, params, problem] of wrong) {
      const error = await answerQuery(database, params).catch((one: unknown) => one);
      expect(error, title).to.be.instanceOf(RpcError).with.property('message').match(problem);
    }
    const late = { since: new Date(Date.now() + 1e6).toISOString() };
    const error = await answerCoverageCall(database, late, Date.now()).catch((one: unknown) => one);
    expect(error)
      .to.have.property('message')
      .match(/"since" is not in the past/);
  });

  it('is accompanied by the size of each table, the sum of its partitions', async () => {
    const { store, database, rows } = await freshStore();
    await store.addTrades(Array.from({ length: 30 }, (_, n) => trade({ id: `t${n}` })));
    await rows('ANALYZE trades');
    const trades = (await readTableSizes(database)).find(({ table }) => table === 'trades');
    expect(trades).to.include({ rows: 30, partitions: 5 }).and.have.property('bytes').above(8192);
    expect(trades?.oldest_day).to.equal(whole.from.slice(0, 10));
  });

  it('is accompanied by sizes that go on growing after a crash of the server', async () => {
    const { store, database, rows } = await freshStore();
    const add = (from: number, count: number) =>
      store.addTrades(Array.from({ length: count }, (_, n) => trade({ id: `t${from + n}` })));
    const shown = async () =>
      (await readTableSizes(database)).find(({ table }) => table === 'trades')?.rows;
    await add(0, 500);
    await rows('ANALYZE trades');
    // What the server counts is lost in a crash, what it has written into its catalogue is not.
    await rows(`SELECT pg_stat_reset_single_table_counters(inhrelid) FROM pg_inherits
      WHERE inhparent = to_regclass('trades')`);
    expect(await shown()).to.equal(500);
    await add(500, 400);
    expect(await shown()).to.be.within(850, 1000);
  });
});
