import { expect } from 'chai';
import { afterEach, before, describe, it } from 'mocha';
import pg from 'pg';
import type { CollectorStatus } from '../../rpc/shapes-collector.ts';
import { openSimulator, type Simulator } from '../simulators/polymarket/simulator.ts';
import { compareTrades } from '../support/collected-trades.ts';
import { testDatabases, whyNoPostgres } from '../support/postgres.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const schema = 'demo';
const markets = 12;

describe('the collector on the simulated venue', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const freshDatabase = testDatabases();
  const homes = temporaryHomes('all');
  let venue: Simulator;
  let home: TestHome;
  let url: string;

  before(async () => {
    venue = await openSimulator({ markets, seed: 11, bookEveryOrders: 5 });
    home = homes.create(configOf(venue));
    url = await freshDatabase();
    home.env['DATABASE_URL'] = url;
    venue.resolve(venue.markets[0]!.conditionId, { winner: 1 });
    await home.start();
    await home.reaches('demo', 'running');
  });

  afterEach(function () {
    if (this.currentTest?.state === 'failed') console.error(home.storedLines('demo').slice(-40));
  });
  this.afterAll(() => venue.close());

  const call = async (method: string, params: object = {}) =>
    (await home.rpc()).callAny(method, params);
  const status = () => call('collector.status') as Promise<CollectorStatus>;

  /** Every open token is listened to. */
  const listening = () =>
    until('the listener has every token', () => venue.listeners.tokens >= (markets - 1) * 2);

  async function* ledger() {
    yield await Promise.resolve(venue.ledger.trades());
  }

  async function withDatabase<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  }

  /** Waits until nothing is missing, then compares. */
  const compared = () =>
    withDatabase(async (client) => {
      let last = await compareTrades(client, schema, ledger());
      await until('the database has every trade', async () => {
        last = await compareTrades(client, schema, ledger());
        return last.lost === 0;
      }).catch((error: unknown) => {
        throw new Error(JSON.stringify(last, null, 2), { cause: error });
      });
      return last;
    });

  const equality = () => {
    const made = venue.ledger.tradeCount;
    return { made, stored: made, lost: 0, doubled: 0, mistimed: 0, examples: [] };
  };

  it('has markets, prices, books and resolutions after one cycle of each (row 24)', async () => {
    for (const collector of ['metadata', 'prices', 'orderbooks', 'resolutions']) {
      await call('collector.collect', { collector });
    }
    const { collectors, trade_listener } = await status();
    expect(collectors.map(({ collector }) => collector)).to.have.members([
      ...['metadata', 'prices', 'orderbooks', 'resolutions'],
    ]);
    for (const { collector, total_items, error_count } of collectors) {
      expect({ collector, isFilled: total_items > 0, error_count }).to.deep.equal({
        collector,
        isFilled: true,
        error_count: 0,
      });
    }
    expect(trade_listener).to.include({ state: 'running' });
    await withDatabase(async (client) => {
      const count = async (table: string) => {
        const text = `SELECT count(*) n FROM ${schema}.${table}`;
        return Number((await client.query<{ n: string }>(text)).rows[0]!.n);
      };
      expect(await count('markets')).to.equal(markets);
      expect(await count('price_snapshots')).to.be.at.least((markets - 1) * 2);
      expect(await count('orderbook_snapshots')).to.be.at.least((markets - 1) * 2);
      expect(await count('resolutions')).to.equal(1);
    });
  });

  it('shows its five collectors to whoever asks', async () => {
    const { status: exitCode, stdout } = await home.cli('collector', 'status');
    expect(exitCode).to.equal(0);
    for (const name of ['metadata', 'prices', 'orderbooks', 'resolutions', 'trades']) {
      expect(stdout).to.match(new RegExp(`\\b${name}\\b`));
    }
  });

  it('listens at once after a restart, and stores each trade of the stream once', async () => {
    await home.cli('module', 'restart', 'demo');
    await listening();
    venue.trade(300);
    expect(await compared()).to.deep.equal(equality());
  });

  it('loses and doubles nothing when it is killed in the middle', async () => {
    await listening();
    const { pid } = await home.module('demo');
    venue.trade(150);
    process.kill(pid!, 'SIGKILL');
    venue.trade(150);
    await until('another process', async () => {
      const now = await home.module('demo');
      return now.state === 'running' && now.pid !== pid;
    });
    venue.trade(50);
    await listening();
    venue.trade(150);
    expect(await compared()).to.deep.equal(equality());
  });

  it('makes up for what a frozen stream and a broken connection kept back', async () => {
    await listening();
    venue.trade(50);
    const end = venue.begin({ kind: 'freeze', share: 1 });
    venue.trade(100);
    venue.begin({ kind: 'disconnect', share: 1 })();
    end();
    await listening();
    venue.trade(50);
    expect(await compared()).to.deep.equal(equality());
  });
});

function configOf({ urls }: Simulator): object {
  const params = {
    ...{ schema, gamma_url: urls.gamma, clob_url: urls.clob, data_url: urls.data },
    stream_url: urls.stream,
    // All cycles but the first are asked for. A trade is in its block up to 2.5 s after the match, and
    // the collector takes it from there 2 s later.
    ...{ price_interval: 3600, orderbook_interval: 3600, resolution_interval: 3600 },
    ...{ metadata_interval: 3600, backfill_delays: [2, 6] },
  };
  const demo = {
    ...{ type: 'node', module: 'superbot:collector', provides: ['collector'], params },
    ...{ ready: { link: true }, restart: { base_delay: '50ms' } },
  };
  return { modules: { demo }, autostart: ['demo'] };
}
