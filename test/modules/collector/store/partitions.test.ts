import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Database, openDatabase } from '../../../../modules/api/database.ts';
import { dayMs, dayText } from '../../../../modules/collector/store/days.ts';
import { Partitions } from '../../../../modules/collector/store/partitions.ts';
import { type Retention, Upkeep } from '../../../../modules/collector/store/upkeep.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { whyNoPostgres } from '../../../support/postgres.ts';
import { freshStores, keepAll, silent, today, trade } from './fresh-store.ts';

const missing = whyNoPostgres();
const ninety: Retention = { price_snapshots: 90, orderbook_snapshots: null, trades: 90 };

describe(`partitions in the database${missing === null ? '' : ` (skipped: ${missing})`}`, function () {
  if (missing !== null) return;
  const freshStore = freshStores();

  /** Upkeep of a clock of its own, on a store's database. */
  function upkeepOf(
    database: Database,
    retention: Retention = keepAll,
    warn: (text: string) => void = silent.warn,
  ) {
    const clock = new FakeClock();
    const partitions = new Partitions(database, () => clock.now());
    const log = { ...silent, warn };
    return {
      clock,
      partitions,
      upkeep: new Upkeep({ database, partitions, retention, clock, log }),
    };
  }

  it('are there for yesterday, today and three days more, and for the next day after each midnight', async () => {
    const { database } = await freshStore();
    const { clock, partitions, upkeep } = upkeepOf(database);
    const days = [-1, 0, 1, 2, 3].map((ahead) => today + ahead * dayMs);
    expect([...(await partitions.list('trades'))].sort()).to.deep.equal(days);
    expect(await upkeep.round()).to.deep.equal({ made: [], dropped: [], postponed: [] });
    await clock.advance(dayMs);
    const next = dayText(today + 4 * dayMs);
    expect((await upkeep.round()).made).to.deep.equal([
      `price_snapshots ${next}`,
      `orderbook_snapshots ${next}`,
      `trades ${next}`,
    ]);
  });

  it('are dropped when they are older than is kept, two of a table in a round, and books never', async () => {
    const { database, store } = await freshStore();
    const old = [95, 94, 93, 92, 91, 90].map((days) => today - days * dayMs);
    await store.addTrades(old.map((atMs, index) => trade({ id: `t${index}`, atMs })));
    const books = old.slice(0, 2).map((atMs) => ({
      ...{ atMs, tokenId: '1', bids: [], asks: [], spread: null, midpoint: null, isGhost: false },
    }));
    expect(await store.addOrderbooks(books)).to.equal(2);
    const { partitions, upkeep } = upkeepOf(database, ninety);
    const dropped = async () => (await upkeep.round()).dropped;
    expect(await dropped()).to.deep.equal(old.slice(0, 2).map((day) => `trades ${dayText(day)}`));
    expect(await dropped()).to.have.lengthOf(2);
    expect(await dropped()).to.deep.equal([`trades ${dayText(today - 91 * dayMs)}`]);
    expect(await dropped()).to.deep.equal([]);
    expect([...(await partitions.list('trades'))]).to.include(today - 90 * dayMs);
    expect(await partitions.list('orderbook_snapshots')).to.have.lengthOf(7);
  });

  it('stay for a day when the clock has jumped, so that a wrong clock drops nothing at once', async () => {
    const { database, store } = await freshStore();
    await store.addTrades([trade({ id: 'a' })]);
    const warnings: string[] = [];
    const { clock, upkeep } = upkeepOf(database, ninety, (text) => warnings.push(text));
    await clock.advance(3650 * dayMs);
    expect((await upkeep.round()).dropped).to.deep.equal([]);
    expect(warnings).to.deep.equal([
      'the clock is 3650 days from where it was last seen: nothing is dropped for a day',
    ]);
    await clock.advance(dayMs - 1000);
    expect((await upkeep.round()).dropped).to.deep.equal([]);
    await clock.advance(1000);
    expect((await upkeep.round()).dropped).to.have.lengthOf(4);
    expect(warnings).to.have.lengthOf(1);
  });

  it('wait with being dropped while somebody reads the table, and are made meanwhile', async () => {
    const { database, store, url, schema } = await freshStore();
    await store.addTrades([trade({ id: 'old', atMs: today - 99 * dayMs })]);
    const reader = openDatabase({ url, schema, log: silent });
    const { clock, upkeep } = upkeepOf(database, ninety);
    await clock.advance(dayMs);
    await reader.transaction(async (reading) => {
      await reading.query('SELECT count(*) FROM trades');
      const report = await upkeep.round();
      expect(report.postponed).to.deep.equal([`trades ${dayText(today - 99 * dayMs)}`]);
      expect(report.made).to.include(`trades ${dayText(today + 4 * dayMs)}`);
    });
    expect((await upkeep.round()).dropped).to.deep.equal([`trades ${dayText(today - 99 * dayMs)}`]);
    await reader.close();
  });

  it('are made once by two that make them at the same moment', async () => {
    const { database } = await freshStore();
    const steps = [50, 51].map((ahead) => ({
      table: 'trades' as const,
      day: today + ahead * dayMs,
    }));
    const both = [upkeepOf(database), upkeepOf(database)];
    await Promise.all(both.map(({ partitions }) => partitions.make(steps)));
    expect(await both[0]?.partitions.list('trades')).to.have.lengthOf(7);
  });
});
