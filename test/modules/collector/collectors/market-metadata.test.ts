import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import { realClock } from '../../../../modules/api/clock.ts';
import { MarketMetadataCollector } from '../../../../modules/collector/collectors/market-metadata.ts';
import type { Venue } from '../../../../modules/collector/venue/venue.ts';
import { testDatabase, whyNoPostgres } from '../../../support/postgres.ts';
import type { Asked } from '../venue/venue-server.ts';
import { Collecting } from './collecting.ts';
import { conditionId, keysetAnswer, tokenIds, wireEvent, wireMarket } from './gamma-fixtures.ts';

const never = new AbortController().signal;

describe('the collector of market metadata', () => {
  const databaseUrl = testDatabase();
  let collecting: Collecting;

  before(function () {
    if (whyNoPostgres() !== null) this.skip();
  });

  afterEach(() => collecting.close());

  /** Its clock can be set forward. */
  function collectorOf(venue: Venue, { maxMarkets = 10_000, aheadMs = (): number => 0 } = {}) {
    const clock = { ...realClock, now: () => realClock.now() + aheadMs() };
    const { store, log } = collecting;
    return new MarketMetadataCollector({
      store,
      venue,
      clock,
      log,
      maxMarkets,
      intervalMs: 300_000,
    });
  }

  function eventsOnly(events: readonly unknown[], pageSize = 100) {
    return ({ path, query }: Asked) => ({
      body: path.endsWith('/events/keyset')
        ? keysetAnswer('events', events, query.get('after_cursor'), pageSize)
        : { markets: [] },
    });
  }

  it('stores every market of 250 events over 3 pages, JSON strings and all, and counts what is malformed; once more changes nothing (row 12)', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const events = Array.from({ length: 250 }, (_, at) =>
      wireEvent(at, [
        wireMarket(
          2 * at,
          at % 2 === 0 ? {} : { clobTokenIds: tokenIds(2 * at), outcomes: ['Yes', 'No'] },
        ),
        wireMarket(2 * at + 1, at % 50 === 7 ? { clobTokenIds: '["123", "45' } : {}),
      ]),
    );
    events[249] = wireEvent(249, [
      wireMarket(498, { conditionId: '' }),
      'no market',
      wireMarket(499),
    ]);
    const { server, venue } = await collecting.served(eventsOnly(events));
    const collector = collectorOf(venue);

    // Two of each event, without the 5 whose tokens are cut off and the last event's two.
    const expected = 500 - 5 - 1;
    expect(await collector.collectOnce(never)).to.equal(expected);
    expect(server.asked.filter(({ path }) => path.endsWith('/events/keyset'))).to.have.length(3);
    expect(await collecting.count('markets')).to.equal(expected);
    const [stored] = await collecting.rows('SELECT * FROM markets WHERE condition_id = $1', [
      conditionId(2),
    ]);
    expect(stored).to.deep.include({
      question: 'Question 2?',
      slug: 'question-2',
      market_type: 'normal',
      outcomes: ['Yes', 'No'],
      clob_token_ids: tokenIds(2),
      active: true,
      closed: false,
      end_date_iso: '2099-01-01',
    });
    expect(collector.stats).to.deep.include({
      total_items: expected,
      error_count: 0,
      quarantined: 6,
    });
    const garbage = await collecting.quarantined();
    expect(garbage).to.have.length(6);
    expect(garbage[0]).to.deep.include({ collector: 'metadata' });
    expect(String(garbage[0]!['raw'])).to.include(conditionId(15)).and.include('45');

    const again = collectorOf(venue, { aheadMs: () => 25 * 3_600_000 });
    expect(await again.collectOnce(never)).to.equal(expected);
    expect(await collecting.count('markets')).to.equal(expected);
  });

  it('counts markets against the limit, not events, and takes the busiest', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const events = [0, 1, 2].map((at) =>
      wireEvent(
        at,
        [0, 1, 2].map((m) => wireMarket(3 * at + m)),
      ),
    );
    const { server, venue } = await collecting.served(eventsOnly(events, 1));
    expect(await collectorOf(venue, { maxMarkets: 4 }).collectOnce(never)).to.equal(4);
    const opened = server.asked.filter(({ path }) => path.endsWith('/events/keyset'));
    expect(opened).to.have.length(2);
    expect(opened[0]!.query.get('order')).to.equal('volume');
  });

  it('reads only what was updated since the last cycle, open and closed, and once a day everything', async () => {
    collecting = await Collecting.open(await databaseUrl());
    let aheadMs = 0;
    const { simulator, venue } = await collecting.simulated({ markets: 250, seed: 3 });
    const collector = collectorOf(venue, { aheadMs: () => aheadMs });
    const all = await collector.collectOnce(never);
    expect(all).to.equal(250);

    // The simulator opened them all at once, so their updates lie within what is read twice.
    const { conditionId: id } = simulator.markets[7]!;
    simulator.resolve(id, { winner: 1 });
    await collector.collectOnce(never);
    const [market] = await collecting.rows('SELECT closed FROM markets WHERE condition_id = $1', [
      id,
    ]);
    expect(market).to.deep.equal({ closed: true });

    simulator.openMarket();
    await collector.collectOnce(never);
    expect(await collecting.count('markets')).to.equal(251);
    aheadMs = 24 * 3_600_000 + 1;
    await collector.collectOnce(never);
    expect(collector.stats.error_count).to.equal(0);
  });

  it('stops where what it has read already begins, and goes on there after a restart', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
    const newestFirst = (count: number) =>
      Array.from({ length: count }, (_, n) =>
        wireMarket(count - n, { updatedAt: at(10 * (count - n)) }),
      );
    let closed = newestFirst(40);
    const { server, venue } = await collecting.served(({ path, query }) => ({
      body: path.endsWith('/events/keyset')
        ? { events: [] }
        : query.get('closed') === 'true'
          ? keysetAnswer('markets', closed, query.get('after_cursor'), 10)
          : { markets: [] },
    }));
    const pages = () => server.asked.filter(({ query }) => query.get('closed') === 'true').length;
    expect(await collectorOf(venue).collectOnce(never)).to.equal(40);
    expect(pages()).to.equal(4);
    closed = newestFirst(45);
    // Another instance, as after a restart: five are new, and the page they are on is enough.
    expect(await collectorOf(venue).collectOnce(never)).to.equal(10);
    expect(pages()).to.equal(5);
    expect(await collecting.count('markets')).to.equal(45);
  });

  it('reads the list to its end where the venue ignores the order', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const minutes = [10, 30, 20, 5, 40, 1];
    const closed = minutes.map((minute, n) =>
      wireMarket(n, {
        updatedAt: new Date(Date.UTC(2026, 0, 1) + minute * 3_600_000).toISOString(),
      }),
    );
    const { venue } = await collecting.served(({ path, query }) => ({
      body: path.endsWith('/events/keyset')
        ? { events: [] }
        : query.get('closed') === 'true'
          ? keysetAnswer('markets', closed, query.get('after_cursor'), 2)
          : { markets: [] },
    }));
    const collector = collectorOf(venue);
    expect([await collector.collectOnce(never), await collector.collectOnce(never)]).to.deep.equal([
      6, 6,
    ]);
  });

  it('keeps what it has of a walk that breaks off, counts the error, and walks again in the next cycle', async () => {
    collecting = await Collecting.open(await databaseUrl());
    const events = [0, 1, 2].map((n) => wireEvent(n, [wireMarket(n)]));
    let isDown = true;
    const { venue } = await collecting.served((asked) =>
      isDown && asked.query.get('after_cursor') === 'after-2'
        ? { status: 500, body: 'down' }
        : eventsOnly(events, 1)(asked),
    );
    const collector = collectorOf(venue);
    expect(await collector.collectOnce(never)).to.equal(2);
    expect(collector.stats).to.deep.include({
      total_items: 2,
      error_count: 1,
      last_collect_ts: null,
    });
    expect(collector.stats.last_error).to.match(/events\/keyset.*status 500/);
    isDown = false;
    expect(await collector.collectOnce(never)).to.equal(3);
    expect(collector.stats.error_count).to.equal(1);
    expect(collector.stats.last_collect_ts).to.match(/^\d{4}-.*Z$/);
  });
});
