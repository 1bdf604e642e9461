import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { realClock } from '../../../../modules/api/clock.ts';
import { PriceSnapshotCollector } from '../../../../modules/collector/collectors/price-snapshots.ts';
import type { Venue } from '../../../../modules/collector/venue/venue.ts';
import { testDatabase, whyNoPostgres } from '../../../support/postgres.ts';
import { Collecting } from './collecting.ts';
import { keysetAnswer, tokenIds, wireEvent, wireMarket } from './gamma-fixtures.ts';

const never = new AbortController().signal;

describe('the collector of price snapshots', () => {
  const databaseUrl = testDatabase();
  let collecting: Collecting;

  before(function () {
    if (whyNoPostgres() !== null) this.skip();
  });

  afterEach(() => collecting.close());

  function collectorOf(venue: Venue, maxMarkets = 10_000, clock = realClock) {
    const { store, log } = collecting;
    return new PriceSnapshotCollector({ store, venue, clock, log, maxMarkets, intervalMs: 60_000 });
  }

  it('stores a price for each token that has one, all of a cycle with one time (row 13)', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const events = [
      wireEvent(1, [
        wireMarket(1),
        wireMarket(2, { outcomePrices: ['0.10', 0.9], volume24hr: '7.50' }),
      ]),
      wireEvent(2, [
        wireMarket(3, { volume24hr: undefined }),
        wireMarket(4, { outcomePrices: '' }),
      ]),
      wireEvent(3, [
        wireMarket(5, { clobTokenIds: '["", ""]' }),
        wireMarket(6, { outcomePrices: '["high", "0.2"]' }),
        wireMarket(7, { closed: true, outcomePrices: '["1", "0"]' }),
      ]),
      // It has moved down the list meanwhile.
      wireEvent(1, [wireMarket(1)]),
    ].map((event, at) => ({ ...event, id: `${at}` }));
    const { venue } = await collecting.served(({ query }) => ({
      body: keysetAnswer('events', events, query.get('after_cursor'), 1),
    }));
    const collector = collectorOf(venue);
    expect(await collector.collectOnce(never)).to.equal(7);
    const rows = await collecting.rows('SELECT * FROM price_snapshots ORDER BY token_id');
    expect(new Set(rows.map(({ ts }) => Number(ts)))).to.have.property('size', 1);
    const seen = rows.map(({ token_id, price, volume_24h }) => [token_id, price, volume_24h]);
    expect(seen).to.deep.equal([
      [tokenIds(1)[0], '0.6', '1'],
      [tokenIds(1)[1], '0.4', '1'],
      [tokenIds(2)[0], '0.1', '7.5'],
      [tokenIds(2)[1], '0.9', '7.5'],
      [tokenIds(3)[0], '0.6', '0'],
      [tokenIds(3)[1], '0.4', '0'],
      [tokenIds(6)[1], '0.2', '6'],
    ]);
    expect(collector.stats).to.deep.include({ error_count: 0, quarantined: 1, total_items: 7 });
    expect(String((await collecting.quarantined())[0]!['raw'])).to.include('high');

    await collector.collectOnce(never);
    expect(await collecting.count('(SELECT DISTINCT ts FROM price_snapshots) AS t')).to.equal(2);
  });

  it('counts markets against the limit', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { venue } = await collecting.simulated({ markets: 120, seed: 5 });
    expect(await collectorOf(venue, 50).collectOnce(never)).to.equal(100);
    expect(await collectorOf(venue).collectOnce(never)).to.equal(240);
  });

  it('stores what came before a page that fails, counts the error, and tells the ledger that something is missing', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const events = [1, 2].map((n) => wireEvent(n, [wireMarket(n)]));
    let isDown = false;
    const { venue } = await collecting.served(({ query }) =>
      isDown && query.has('after_cursor')
        ? { status: 404, body: {} }
        : { body: keysetAnswer('events', events, query.get('after_cursor'), 1) },
    );
    const collector = collectorOf(venue);
    await collector.collectOnce(never);
    isDown = true;
    expect(await collector.collectOnce(never)).to.equal(2);
    expect(collector.stats).to.deep.include({ error_count: 1, total_items: 6 });
    isDown = false;
    await collector.collectOnce(never);
    const gaps = await collecting.store.coverage.gaps('prices', 0);
    expect(gaps).to.have.length(1);
    expect(gaps[0]!.reason).to.include('status 404');
  });

  it('tells the ledger what it has covered: all between cycles that came in time, nothing while none came', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { venue } = await collecting.served(() => ({
      body: { events: [wireEvent(1, [wireMarket(1)])] },
    }));
    const startMs = Date.now() - 3_600_000;
    let nowMs = startMs;
    const collector = collectorOf(venue, 100, { ...realClock, now: () => nowMs });
    for (const minute of [0, 1, 2, 30, 31]) {
      nowMs = startMs + minute * 60_000;
      await collector.collectOnce(never);
    }
    const gaps = await collecting.store.coverage.gaps('prices', 0);
    expect(gaps.map(({ fromMs, toMs }) => [fromMs - startMs, toMs - startMs])).to.deep.equal([
      [2 * 60_000, 30 * 60_000],
    ]);
  });
});
