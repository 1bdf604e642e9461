import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import pg from 'pg';
import { openSimulator, type Simulator } from '../../simulators/polymarket/simulator.ts';
import { testDatabases, whyNoPostgres } from '../../support/postgres.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

const program = path.resolve(import.meta.dirname, '../../../modules/collector/main.js');
const why = whyNoPostgres();
const describeIfPossible = why === null ? describe : describe.skip;

describeIfPossible(`the collector by hand${why === null ? '' : ` (skipped: ${why})`}`, () => {
  const freshDatabase = testDatabases();
  const freshFolder = temporaryFolders();
  let venue: Simulator;
  const children: ChildProcess[] = [];
  before(async () => {
    venue = await openSimulator({ markets: 3, tradesPerSecond: 20 });
  });
  after(() => venue.close());
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  function launch(environment: Record<string, string>) {
    const child = spawn(process.execPath, [program], {
      env: { PATH: process.env['PATH'], SUPERBOT_HOME: freshFolder(), ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const ended = once(child, 'close').then(([code]) => code as number | null);
    return { child, ended, output: () => output };
  }

  function collecting(url: string) {
    return launch({
      SUPERBOT_DATABASE_URL: url,
      COLLECTOR_GAMMA_URL: venue.urls.gamma,
      COLLECTOR_CLOB_URL: venue.urls.clob,
      COLLECTOR_DATA_URL: venue.urls.data,
      COLLECTOR_STREAM_URL: venue.urls.stream,
      COLLECTOR_TOKEN_REFRESH: '200ms',
    });
  }

  const started = (output: string) => output.includes('Daemon started with 7 tasks');

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    it(`collects, exits 0 on ${signal} and leaves no connection behind (rows 2 and 23)`, async () => {
      const url = await freshDatabase();
      const { child, ended, output } = collecting(url);
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        await until('a start', () => started(output()));
        if (signal === 'SIGINT') {
          await until('a market', async () => {
            const found = await client.query('SELECT 1 FROM collector.markets LIMIT 1');
            return found.rowCount === 1;
          });
        }
        child.kill(signal);
        expect(await ended, output()).to.equal(0);
        expect(output()).to.include('Daemon stopped');
        const others = await client.query(
          'SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
        );
        expect(others.rows).to.deep.equal([]);
      } finally {
        await client.end();
      }
    });
  }

  it('exits at once with 130 when it is told a second time (row 6)', async () => {
    const { child, ended, output } = collecting(await freshDatabase());
    await until('a start', () => started(output()));
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect(await ended).to.equal(130);
  });

  it('exits 78 without a database to write to, and for a param that is wrong, and says which', async () => {
    const nowhere = launch({});
    const wrong = launch({ SUPERBOT_DATABASE_URL: 'x', COLLECTOR_PRICE_INTERVAL: 'often' });
    expect(await nowhere.ended).to.equal(78);
    expect(nowhere.output()).to.include('SUPERBOT_DATABASE_URL');
    expect(await wrong.ended).to.equal(78);
    expect(wrong.output()).to.include('param \\"price_interval\\" is \\"often\\"');
  });
});
