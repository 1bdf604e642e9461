import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { join } from 'node:path';
import { openDatabase } from '../../modules/api/database.ts';
import type { DatabaseJob, DatabaseStatus } from '../../rpc/shapes-database.ts';
import { testDatabases } from '../support/postgres.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { temporaryFolders } from '../support/temporary-folder.ts';
import { needsPostgres } from '../modules/api/database/open-databases.ts';

describe('superbot-cli db', () => {
  needsPostgres();
  const homes = temporaryHomes('all');
  const freshDatabase = testDatabases();
  const folder = temporaryFolders()();
  const file = join(folder, 'all.sbk');
  let home: TestHome;
  let url: string;

  before(async () => {
    url = await freshDatabase();
    const database = { type: 'node', module: 'superbot:database', ready: { link: true } };
    const collector = {
      type: 'node',
      module: 'superbot:collector',
      params: { schema: 'markets' },
      enabled: false,
    };
    const monitoring = { type: 'node', module: 'superbot:monitoring', enabled: false };
    const modules = { database, collector, monitoring };
    home = homes.create({ modules, autostart: ['database'] });
    home.env['DATABASE_URL'] = url;
    await home.start();
    await home.reaches('database', 'running');
  });

  it('shows the server, without its password', async () => {
    const { status, stdout, stderr } = await home.cli('db', 'status', '--json');
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(JSON.parse(stdout) as DatabaseStatus).to.include({
      server: 'external',
      data_folder: null,
    });
  });

  it('makes the tables of all configured modules, once (row 21)', async () => {
    const first = await home.cli('db', 'migrate');
    expect(first).to.include({ status: 0 });
    expect(first.stdout).to.include('markets: 001_markets.sql');
    expect(first.stdout).to.include('stress: 001_stress.sql');
    const again = await home.cli('db', 'migrate', '--json');
    expect((JSON.parse(again.stdout) as { job: DatabaseJob }).job).to.include({ state: 'done' });
    expect((JSON.parse(again.stdout) as { job: DatabaseJob }).job.applied).to.deep.equal([]);
  });

  it('backs up, does not restore over rows, and restores all of them', async () => {
    const database = openDatabase({ url, schema: 'markets' });
    try {
      await database.query(`INSERT INTO markets (condition_id, question)
        SELECT '0x' || n, 'will it?' FROM generate_series(1, 500) AS n`);
      const saved = await home.cli('db', 'backup', file);
      expect(saved).to.include({ status: 0 });
      expect(saved.stdout).to.match(
        /^backed up \d+ tables, 5\d\d rows into \/.*all\.sbk \(0\.\d MB\) in /,
      );
      expect(saved.stderr).to.match(/^backup: /);

      const refused = await home.cli('db', 'restore', file);
      expect(refused).to.include({ status: 1, stdout: '' });
      expect(refused.stderr).to.include('there are rows in markets.markets');

      await database.query('TRUNCATE markets');
      const restored = await home.cli('db', 'restore', file, '--json');
      expect(restored).to.include({ status: 0 });
      expect((JSON.parse(restored.stdout) as { job: DatabaseJob }).job).to.include({
        kind: 'restore',
        state: 'done',
      });
      expect((await database.query('SELECT 1 FROM markets')).count).to.equal(500);
    } finally {
      await database.close();
    }
  });

  it('says what is wrong with a file', async () => {
    const again = await home.cli('db', 'backup', file);
    expect(again).to.include({ status: 1 });
    expect(again.stderr).to.match(/error: cannot back up into \/.*all\.sbk: there is a file/);
    const missing = await home.cli('db', 'restore', join(folder, 'none.sbk'), '--json');
    expect(missing).to.include({ status: 1 });
    expect(missing.stdout).to.include('no such file');
  });
});
