import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { realClock } from '../../../../modules/api/clock.ts';
import type { CollectorStats } from '../../../../modules/collector/collectors/cycles.ts';
import { MarketMetadataCollector } from '../../../../modules/collector/collectors/market-metadata.ts';
import { OrderbookSnapshotCollector } from '../../../../modules/collector/collectors/orderbook-snapshots.ts';
import { PriceSnapshotCollector } from '../../../../modules/collector/collectors/price-snapshots.ts';
import { ResolutionTracker } from '../../../../modules/collector/collectors/resolution-tracker.ts';
import type { Venue } from '../../../../modules/collector/venue/venue.ts';
import { testDatabase, whyNoPostgres } from '../../../support/postgres.ts';
import { Collecting } from './collecting.ts';

const never = new AbortController().signal;

const openMarket = {
  ...{ conditionId: '0x1', question: 'Open?', slug: null, marketType: null },
  ...{ outcomes: ['Yes', 'No'], tokenIds: ['1', '2'], active: true, closed: false },
  ...{ endDateIso: '2099-01-01', volume24h: null },
};

interface Collector {
  readonly stats: CollectorStats;
  collectOnce(signal: AbortSignal): Promise<number>;
}

const collectors = [
  ['metadata', MarketMetadataCollector],
  ['prices', PriceSnapshotCollector],
  ['orderbooks', OrderbookSnapshotCollector],
  ['resolutions', ResolutionTracker],
] as const;

describe('every polling collector', () => {
  const databaseUrl = testDatabase();
  let collecting: Collecting;

  before(function () {
    if (whyNoPostgres() !== null) this.skip();
  });

  afterEach(() => collecting.close());

  function allOf(venue: Venue): readonly (readonly [string, Collector])[] {
    const { store, log } = collecting;
    const parts = { store, venue, log, clock: realClock, maxMarkets: 10_000, intervalMs: 60_000 };
    return collectors.map(([name, Kind]) => [name, new Kind(parts)] as const);
  }

  it('brings something of every kind in one cycle, with nothing wrong (row 24, against the simulator)', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { simulator, venue } = await collecting.simulated({ markets: 30, seed: 8 });
    for (const market of simulator.markets.slice(0, 20))
      simulator.resolve(market.conditionId, { winner: 0 });
    for (const [name, collector] of allOf(venue)) {
      expect(await collector.collectOnce(never), name).to.be.above(0);
      expect(collector.stats, name).to.deep.include({
        error_count: 0,
        last_error: null,
        quarantined: 0,
      });
    }
    for (const table of ['markets', 'price_snapshots', 'orderbook_snapshots', 'resolutions'])
      expect(await collecting.count(table), table).to.be.above(0);
  });

  it('gives 0 and counts an error when the venue is not there, and recovers when it is', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { simulator, venue } = await collecting.simulated({ markets: 30, seed: 8 });
    for (const market of simulator.markets.slice(0, 20))
      simulator.resolve(market.conditionId, { winner: 0 });
    const all = allOf(venue);
    await all[0]![1].collectOnce(never);
    for (const [name, collector] of all) {
      const end = simulator.begin({ kind: 'reset', share: 1 });
      expect(await collector.collectOnce(never), name).to.equal(0);
      const errors = collector.stats.error_count;
      expect(errors, name).to.be.above(0);
      expect(collector.stats.last_error, name).to.match(/^cannot (GET|POST) http/);
      end();
      expect(await collector.collectOnce(never), name).to.be.above(0);
      expect(collector.stats.error_count, name).to.equal(errors);
    }
    expect(collecting.logged.join('')).to.match(/prices: cannot GET/);
  });

  it('gives 0 and counts an error when the database refuses everything', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { venue } = await collecting.simulated({ markets: 5 });
    const all = allOf(venue);
    await collecting.rows(`ALTER SCHEMA ${collecting.schema} RENAME TO elsewhere`);
    for (const [name, collector] of all) {
      expect(await collector.collectOnce(never), name).to.equal(0);
      expect(collector.stats.error_count, name).to.be.above(0);
    }
    await collecting.rows(`ALTER SCHEMA elsewhere RENAME TO ${collecting.schema}`);
  });

  it('ends at once when it is told to, in the middle of a request, and counts no error', async () => {
    collecting = await Collecting.open(await databaseUrl());
    await collecting.store.upsertMarkets([openMarket]);
    const stop = { controller: new AbortController() };
    const { venue } = await collecting.served(() => {
      stop.controller.abort(new Error('stopping'));
      return new Promise(() => undefined);
    });
    for (const [name, collector] of allOf(venue)) {
      stop.controller = new AbortController();
      expect(await collector.collectOnce(stop.controller.signal), name).to.equal(0);
      expect(collector.stats, name).to.deep.include({ error_count: 0, last_collect_ts: null });
    }
    expect(collecting.logged).to.deep.equal([]);
  });

  it('puts what is no JSON and what is no list into the quarantine, as it came', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { venue } = await collecting.served(({ path }) =>
      path.startsWith('/clob')
        ? { body: { error: 'asleep' } }
        : { body: '<html>\u0000', type: 'text/html' },
    );
    await collecting.store.upsertMarkets([openMarket]);
    for (const [name, collector] of allOf(venue)) {
      expect(await collector.collectOnce(never), name).to.equal(0);
      expect(collector.stats.error_count, name).to.be.above(0);
      expect(collector.stats.quarantined, name).to.equal(name === 'metadata' ? 2 : 1);
    }
    const raws = (await collecting.quarantined()).map(({ collector, raw }) => [collector, raw]);
    expect(raws)
      .to.deep.include(['orderbooks', '{"error":"asleep"}'])
      .and.deep.include(['prices', '<html>\ufffd']);
  });

  it('does not read the same list twice at the same time: who comes second gets what the first brings', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { server, venue } = await collecting.served(() => ({ body: { events: [] } }));
    const [, prices] = allOf(venue);
    const both = await Promise.all([prices![1].collectOnce(never), prices![1].collectOnce(never)]);
    expect(both).to.deep.equal([0, 0]);
    expect(server.asked).to.have.length(1);
    expect(prices![1].stats.error_count).to.equal(0);
    // Who waits for another's cycle need not wait to its end.
    const stop = new AbortController();
    const first = prices![1].collectOnce(never);
    const second = prices![1].collectOnce(stop.signal);
    stop.abort();
    expect(await second).to.equal(0);
    await first;
  });

  it('lets the process do other things while an answer is awaited: it comes from this very process (row 20)', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { venue } = await collecting.served(async ({ path }) => {
      // A thousand turns of the loop that the collector runs on too.
      for (let turn = 0; turn < 1000; turn += 1)
        await new Promise((resolve) => setImmediate(resolve));
      return {
        body: path.endsWith('events/keyset')
          ? { events: [] }
          : path.startsWith('/gamma')
            ? { markets: [] }
            : [],
      };
    });
    await collecting.store.upsertMarkets([openMarket]);
    for (const [name, collector] of allOf(venue)) {
      await collector.collectOnce(never);
      expect(collector.stats.error_count, name).to.equal(0);
    }
  });

  it('gets to everything there is though a quarter of the answers are refused, cut off or never come', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const { simulator, venue } = await collecting.simulated({ markets: 40, seed: 9 });
    const share = 0.08;
    simulator.begin({ kind: 'rate-limit', share, body: 'html', retryAfterSeconds: null });
    simulator.begin({ kind: 'server-error', share, status: 503 });
    simulator.begin({ kind: 'truncate', share });
    simulator.begin({ kind: 'reset', share });
    const all = allOf(venue);
    for (let round = 0; round < 6; round += 1)
      for (const [, collector] of all) await collector.collectOnce(never);
    expect(await collecting.count('markets')).to.equal(40);
    expect(
      await collecting.count('(SELECT DISTINCT token_id FROM orderbook_snapshots) AS t'),
    ).to.equal(80);
    expect(await collecting.count('(SELECT DISTINCT token_id FROM price_snapshots) AS t')).to.equal(
      80,
    );
  });
});

/** Set to 1 to ask the real venue, which needs a network. */
const isLive = process.env['SUPERBOT_LIVE_POLYMARKET'] === '1';

(isLive ? describe : describe.skip)('the real venue (SUPERBOT_LIVE_POLYMARKET=1)', () => {
  const databaseUrl = testDatabase();

  it('brings markets, prices and order books in one cycle (row 24)', async () => {
    const collecting = await Collecting.open(await databaseUrl());
    try {
      const venue = collecting.live({
        gamma: 'https://gamma-api.polymarket.com',
        clob: 'https://clob.polymarket.com',
        data: 'https://data-api.polymarket.com',
      });
      const { store, log } = collecting;
      const parts = { store, venue, log, clock: realClock, maxMarkets: 100, intervalMs: 60_000 };
      for (const [name, Kind] of collectors.slice(0, 3)) {
        const collector = new Kind(parts);
        expect(await collector.collectOnce(never), name).to.be.above(0);
        expect(collector.stats.last_error, name).to.equal(null);
      }
    } finally {
      await collecting.close();
    }
  }).timeout(120_000);
});
