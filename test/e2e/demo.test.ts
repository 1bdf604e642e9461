import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '../../config/paths.ts';
import type { RpcClient } from '../../rpc/client.ts';
import type { CollectorStatus } from '../../rpc/shapes-collector.ts';
import { freePort } from '../support/free-port.ts';
import { whyNoPostgres } from '../support/postgres.ts';
import { environmentOf } from '../support/processes.ts';
import { compiledTree } from '../support/programs.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const replaced = {
  'module: dist/': `module: ${compiledTree}/`,
  'resolutions_per_minute: 6\n': 'resolutions_per_minute: 60\n',
  'resolution_step_seconds: 5\n': 'resolution_step_seconds: 1\n',
  'price_interval: 5\n': 'price_interval: 2\n',
  'orderbook_interval: 10\n': 'orderbook_interval: 2\n',
  'metadata_interval: 10\n': 'metadata_interval: 2\n',
  'resolution_interval: 5\n': 'resolution_interval: 2\n',
};

/** What the collector writes, without what is only kept about it. */
const tables = [
  ...['markets', 'price_snapshots', 'orderbook_snapshots', 'trades', 'resolutions'],
  ...['price_candles_1h', 'trade_volume_1h', 'schema_migrations'],
];

describe('the demo profile of the shipped configuration', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const homes = temporaryHomes('all');
  let home: TestHome;

  before(async () => {
    home = await demoHome();
    await ok(home, 'daemon', 'start', '--profile', 'demo');
    await home.reaches('demo-collector', 'running');
    client = await home.rpc();
  });

  /** The shipped file; only the venue is of the tree that is tested, and nobody waits for long. */
  async function demoHome(): Promise<TestHome> {
    let text = readFileSync(join(packageRoot(), 'config', 'daemon.yaml'), 'utf8');
    for (const [shipped, here] of Object.entries(replaced)) {
      expect(text).to.include(shipped);
      text = text.replace(shipped, here);
    }
    const created = homes.create(text);
    created.env['SUPERBOT_DEMO_PORT'] = String(await freePort());
    return created;
  }

  let client: RpcClient;
  const figures = async () => {
    const status = (await client.callAny('collector.status')) as CollectorStatus;
    const { collectors, trade_listener } = status;
    return {
      ...Object.fromEntries(collectors.map((one) => [one.collector, one.total_items])),
      trades: trade_listener?.trades_inserted ?? 0,
    } as Record<string, number>;
  };

  it('fills the tables of five collectors, and goes on', async () => {
    const first = await until('all five have stored something', async () => {
      const now = await figures();
      return Object.keys(now).length === 5 && Object.values(now).every((n) => n > 0) ? now : null;
    });
    await until('there is more of each', async () => {
      const now = await figures();
      return Object.entries(first).every(([name, before]) => now[name]! > before);
    });
  });

  it('can be backed up and restored into a second home, with as much in every table', async () => {
    await ok(home, 'module', 'stop', 'demo-collector');
    const counted = await counts(home);
    expect(counted['trades']).to.be.greaterThan(0);
    const file = join(home.path, 'data', 'demo.backup');
    await ok(home, 'db', 'backup', file);

    const second = await demoHome();
    await ok(second, 'daemon', 'start');
    await ok(second, 'module', 'start', 'database');
    await second.reaches('database', 'running');
    await ok(second, 'db', 'restore', file);
    expect(await counts(second)).to.deep.equal(counted);
  });
});

async function ok(home: TestHome, ...args: readonly string[]): Promise<string> {
  const { status, stdout, stderr } = await home.cli(...args);
  expect(`${status} ${status === 0 ? '' : stderr}`).to.equal('0 ');
  return stdout;
}

async function counts(home: TestHome): Promise<Record<string, number>> {
  const { pid } = await home.module('database');
  const entry = environmentOf(pid!).find((one) => one.startsWith('SUPERBOT_DATABASE_URL='));
  const client = new pg.Client({ connectionString: entry?.slice(entry.indexOf('=') + 1) });
  await client.connect();
  try {
    const counted: Record<string, number> = {};
    for (const table of tables) {
      const { rows } = await client.query<{ n: string }>(`SELECT count(*) n FROM demo.${table}`);
      counted[table] = Number(rows[0]!.n);
    }
    return counted;
  } finally {
    await client.end();
  }
}
