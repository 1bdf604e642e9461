import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { type Clock, realClock } from '../../../../modules/api/clock.ts';
import { OrderbookSnapshotCollector } from '../../../../modules/collector/collectors/orderbook-snapshots.ts';
import type { Venue } from '../../../../modules/collector/venue/venue.ts';
import { testDatabase, whyNoPostgres } from '../../../support/postgres.ts';
import type { Asked } from '../venue/venue-server.ts';
import { Collecting } from './collecting.ts';
import { storedMarket } from '../../../../modules/collector/collectors/stored-market.ts';
import { parseMarket } from '../../../../modules/collector/venue/market.ts';
import { tokenIds, wireMarket } from './gamma-fixtures.ts';

const never = new AbortController().signal;

describe('the collector of order books', () => {
  const databaseUrl = testDatabase();
  let collecting: Collecting;

  before(function () {
    if (whyNoPostgres() !== null) this.skip();
  });

  afterEach(() => collecting.close());

  async function setUp(markets: number): Promise<readonly string[]> {
    collecting = await Collecting.open(await databaseUrl());
    const rows = Array.from({ length: markets }, (_, at) => parseMarket(wireMarket(at)));
    await collecting.store.upsertMarkets(
      rows.flatMap((row) => (row.kind === 'row' ? [storedMarket(row.row)] : [])),
    );
    return Array.from({ length: markets }, (_, at) => tokenIds(at)).flat();
  }

  function collectorOf(venue: Venue, { chunk = 20, aheadMs = (): number => 0 } = {}) {
    const { store, log } = collecting;
    const clock = { ...realClock, now: () => realClock.now() + aheadMs() };
    return new OrderbookSnapshotCollector({
      store,
      venue,
      clock,
      log,
      maxMarkets: 10_000,
      intervalMs: 300_000,
      chunk,
    });
  }

  function asked({ body }: Asked): string[] {
    return (body as { token_id: string }[]).map(({ token_id }) => token_id);
  }

  /** One whose best levels stand in the middle of each side. */
  function wireBook(tokenId: string, change: object = {}): object {
    return {
      market: '0x1',
      asset_id: tokenId,
      timestamp: '1728799418260',
      hash: `hash of ${tokenId}`,
      bids: [
        { price: '0.2', size: '1' },
        { price: '0.41', size: '2.50' },
        { price: '0.3', size: '3' },
      ],
      asks: [
        { price: '0.9', size: '4' },
        { price: '0.44', size: '5' },
        { price: '0.5', size: '6' },
      ],
      last_trade_price: '0.42',
      ...change,
    };
  }

  it('asks for 45 tokens in requests of 20, 20 and 5 and stores each book under its own token, best bid the highest, best ask the lowest, whatever the order (row 14)', async () => {
    const tokens = (await setUp(23)).slice(0, 45);
    const { server, venue } = await collecting.served((question) => ({
      body: asked(question)
        .map((id, at) => wireBook(id, { hash: `${at}` }))
        .reverse(),
    }));
    const collector = collectorOf(venue);
    expect(await collector.collectTokens(tokens, never)).to.equal(45);
    expect(server.asked.map((question) => asked(question).length).sort()).to.deep.equal([
      20, 20, 5,
    ]);
    const rows = await collecting.rows('SELECT * FROM orderbook_snapshots');
    expect(rows.map(({ token_id }) => token_id)).to.have.members(tokens);
    expect(rows[0]).to.deep.include({ spread: '0.03', midpoint: '0.425', is_ghost: false });
    expect(rows[0]!['bids']).to.deep.equal({
      levels: [
        ['0.41', '2.5'],
        ['0.3', '3'],
        ['0.2', '1'],
      ],
    });
    expect(rows[0]!['asks']).to.deep.equal({
      levels: [
        ['0.44', '5'],
        ['0.5', '6'],
        ['0.9', '4'],
      ],
    });
  });

  it('gives each token its own book though the reply has another order, leaves some out, repeats some and brings others (row 14)', async () => {
    const tokens = await setUp(4);
    const priceOf = (id: string) => `0.${21 + tokens.indexOf(id)}`;
    const { venue } = await collecting.served((question) => {
      const books = asked(question).map((id) =>
        wireBook(id, { bids: [{ price: priceOf(id), size: '1' }] }),
      );
      books.splice(3, 1);
      const [first] = asked(question);
      return { body: [wireBook('999'), ...books.reverse(), wireBook(first!, { bids: [] })] };
    });
    const collector = collectorOf(venue);
    expect(await collector.collectOnce(never)).to.equal(7);
    const rows = await collecting.rows(
      `SELECT token_id, bids->'levels'->0->>0 AS best FROM orderbook_snapshots`,
    );
    expect(rows).to.have.length(7);
    for (const { token_id, best } of rows) expect(best).to.equal(priceOf(String(token_id)));
    expect(collector.stats.error_count).to.equal(0);
  });

  it('stores the others when one request fails, and counts it (row 14)', async () => {
    const tokens = await setUp(23);
    const lost = tokens[25]!;
    const { venue } = await collecting.served((question) =>
      asked(question).includes(lost)
        ? { status: 400, body: { error: 'Payload exceeds the limit' } }
        : { body: asked(question).map((id) => wireBook(id)) },
    );
    const collector = collectorOf(venue);
    expect(await collector.collectOnce(never)).to.equal(26);
    expect(collector.stats).to.deep.include({
      error_count: 1,
      total_items: 26,
      last_collect_ts: null,
    });
    expect(collector.stats.last_error).to.include('status 400');
  });

  it('has neither spread nor midpoint where a side is empty, and flags a book that is as wide as can be', async () => {
    const tokens = await setUp(2);
    const wide = { bids: [{ price: '0.01', size: '9' }], asks: [{ price: '0.99', size: '9' }] };
    const [noBids, noBook, ghost, cheap] = tokens;
    const change = new Map<string | undefined, object>([
      [noBids, { bids: [] }],
      [noBook, { bids: null, asks: '' }],
      [ghost, wide],
      [cheap, { ...wide, last_trade_price: '0.005' }],
    ]);
    const { venue } = await collecting.served((question) => ({
      body: asked(question).map((id) => wireBook(id, change.get(id))),
    }));
    expect(await collectorOf(venue).collectOnce(never)).to.equal(4);
    const rows = await collecting.rows(
      'SELECT token_id, spread, midpoint, is_ghost FROM orderbook_snapshots',
    );
    expect(rows).to.have.deep.members([
      { token_id: noBids, spread: null, midpoint: null, is_ghost: false },
      { token_id: noBook, spread: null, midpoint: null, is_ghost: false },
      { token_id: ghost, spread: '0.98', midpoint: '0.5', is_ghost: true },
      { token_id: cheap, spread: '0.98', midpoint: '0.5', is_ghost: false },
    ]);
  });

  it('does not store a book again that says the same, whatever its hash, until an hour has passed', async () => {
    await setUp(2);
    let aheadMs = 0;
    let round = 0;
    const { venue } = await collecting.served((question) => ({
      body: asked(question).map((id, at) =>
        wireBook(id, {
          hash: `${id} in round ${round}`,
          ...(at === 0 ? { bids: [{ price: '0.4', size: `${round}` }] } : {}),
        }),
      ),
    }));
    const collector = collectorOf(venue, { aheadMs: () => aheadMs });
    const collected: number[] = [];
    for (round = 1; round <= 4; round += 1) {
      collected.push(await collector.collectOnce(never));
      aheadMs += 25 * 60_000;
    }
    // Four tokens, of which one changes all the time.
    expect(collected).to.deep.equal([4, 1, 1, 4]);
  });

  it('waits for the first markets where there are none yet, and for no more than a minute', async () => {
    await setUp(0);
    const { venue } = await collecting.served((question) => ({
      body: asked(question).map((id) => wireBook(id)),
    }));
    let looks = 0;
    const after: Clock['after'] = (_delayMs, callback) => {
      looks += 1;
      const market = parseMarket(wireMarket(1));
      if (looks < 70 || market.kind !== 'row') return realClock.after(0, callback);
      void collecting.store.upsertMarkets([storedMarket(market.row)]).then(callback);
      return { cancel: () => undefined };
    };
    const { store, log } = collecting;
    const parts = {
      store,
      venue,
      log,
      maxMarkets: 10,
      intervalMs: 300_000,
      clock: { ...realClock, after },
    };
    const collector = new OrderbookSnapshotCollector(parts);
    expect(await collector.collectOnce(never)).to.equal(0);
    expect(looks).to.equal(59);
    expect(await collector.collectOnce(never)).to.equal(2);
    expect(looks).to.equal(70);
    expect(collector.stats.error_count).to.equal(0);
  });

  it('stores a book again that could not be stored before', async () => {
    await setUp(1);
    const { venue } = await collecting.served((question) => ({
      body: asked(question).map((id) => wireBook(id)),
    }));
    const collector = collectorOf(venue);
    await collecting.rows(
      'ALTER TABLE orderbook_snapshots ADD CONSTRAINT never CHECK (false) NOT VALID',
    );
    expect(await collector.collectOnce(never)).to.equal(0);
    expect(collector.stats.error_count).to.equal(1);
    await collecting.rows('ALTER TABLE orderbook_snapshots DROP CONSTRAINT never');
    expect(await collector.collectOnce(never)).to.equal(2);
  });

  it('puts a book that it cannot read into the quarantine and stores the rest', async () => {
    const tokens = await setUp(2);
    const { venue } = await collecting.served((question) => ({
      body: asked(question).map((id) =>
        wireBook(id, id === tokens[2] ? { asks: [{ price: '1.5', size: '1' }] } : {}),
      ),
    }));
    const collector = collectorOf(venue);
    expect(await collector.collectOnce(never)).to.equal(3);
    expect(collector.stats).to.deep.include({ quarantined: 1, error_count: 0 });
    expect(String((await collecting.quarantined())[0]!['raw'])).to.include(tokens[2]!);
  });

  it('never asks for more than 500 tokens at once, and never for a token twice', async () => {
    const tokens = await setUp(1);
    const { server, venue } = await collecting.served(() => ({ body: [] }));
    const many = Array.from({ length: 700 }, (_, at) => `${at + 1}`);
    await collectorOf(venue, { chunk: 5000 }).collectTokens([...tokens, ...tokens, ...many], never);
    expect(server.asked.map((question) => asked(question).length).sort()).to.deep.equal([202, 500]);
    expect(new Set(server.asked.flatMap(asked))).to.have.property('size', 702);
  });

  it("stores every book of the simulator's, though they come in disorder and some are left out", async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { simulator, venue } = await collecting.simulated({ markets: 60, seed: 4 });
    const tokens = simulator.markets.flatMap((market) => market.tokens);
    simulator.begin({ kind: 'disorder' });
    simulator.begin({ kind: 'omit', share: 0.3 });
    const collector = collectorOf(venue);
    for (let round = 0; round < 40 && collector.stats.total_items < 120; round += 1)
      await collector.collectTokens(tokens, never);
    const rows = await collecting.rows('SELECT token_id, bids, asks FROM orderbook_snapshots');
    expect(rows.map(({ token_id }) => token_id)).to.have.members(tokens);
    for (const { token_id, bids, asks } of rows) {
      const market = simulator.markets.find(({ tokens: ids }) => ids.includes(String(token_id)))!;
      const best = market.book.best(market.tokens.indexOf(String(token_id)));
      const [bid, ask] = [bids, asks].map((side) =>
        Number((side as { levels: string[][] }).levels[0]![0]),
      );
      expect([bid, ask]).to.deep.equal([best.bid, best.ask].map((units) => units! / 10_000));
    }
    expect(collector.stats.error_count).to.equal(0);
  });
});
