import { expect } from 'chai';
import { before, describe, it } from 'mocha';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { spawnSync } from 'node:child_process';
import pg from 'pg';
import { readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { testDatabases, whyNoPostgres } from '../support/postgres.ts';
import { argumentsOf, environmentOf } from '../support/processes.ts';
import { programs, runNode } from '../support/programs.ts';
import { type TestHome, temporaryHomes } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const database = {
  ...{ type: 'node', module: 'superbot:database' },
  ready: { link: true, timeout: '5m' },
  restart: { base_delay: '50ms' },
  stop: { signal: 'SIGINT', timeout: '20s' },
};
const user = { type: 'exec', command: ['sleep', '1000'], ready: { after: '0s' } };

describe('a home with an embedded database', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const homes = temporaryHomes('all');
  let home: TestHome;
  /** Rows that were acknowledged. */
  let written = 0;

  before(async () => {
    const modules = { database, user: { ...user, depends_on: ['database'] } };
    home = homes.create({ modules, autostart: ['user'] });
    await home.start();
    await home.reaches('user', 'running');
    await ask('CREATE TABLE notes (n int)');
  });

  const urlOf = (pid: number) =>
    environmentOf(pid)
      .find((entry) => entry.startsWith('SUPERBOT_DATABASE_URL='))
      ?.slice(22) ?? '';

  async function ask(text: string): Promise<Record<string, unknown>[]> {
    const { pid } = await home.module('user');
    const client = new pg.Client({ connectionString: urlOf(pid ?? 0) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  const postmasters = () =>
    home.processes().filter((pid) => argumentsOf(pid)[0]?.endsWith('/postgres') === true);

  async function write(): Promise<void> {
    await ask(`INSERT INTO notes VALUES (${written})`);
    written++;
  }

  /** The one server answers again, with all that was acknowledged. */
  async function isWhole(): Promise<void> {
    await until('it answers', () => ask('SELECT 1').catch(() => null));
    await home.reaches('database', 'running');
    expect(await ask('SELECT count(*)::int AS n FROM notes')).to.deep.equal([{ n: written }]);
    expect(postmasters()).to.have.length(1);
    await write();
  }

  it('has it ready before whoever depends on it, who has its URL', async () => {
    await write();
    await isWhole();
    await until('its health is known', async () => {
      const { stdout } = await home.cli('health', '--json');
      return stdout.includes('"server":"embedded"') && stdout.includes('"connections_max":200');
    });
  });

  it('gives the same URL to the database module, and shows its password nowhere', async () => {
    const { pid } = await home.module('user');
    const url = urlOf(pid ?? 0);
    expect(urlOf((await home.module('database')).pid ?? 0)).to.equal(url);
    const password = readFileSync(join(home.path, 'data/database/password'), 'utf8').trim();
    expect(url).to.include(password);
    const shown = await Promise.all([
      ...[home.cli('config', 'show', '--json'), home.cli('status', 'database', '--json')],
      ...[home.cli('rpc', 'call', 'database.status'), home.cli('health', '--json')],
      home.cli('module', 'explain', 'database'),
    ]);
    const logs = ['daemon', 'keeper', 'database'].map((name) => home.storedLines(name));
    expect(JSON.stringify([shown, logs])).to.not.include(password);
    const postmaster = environmentOf(postmasters()[0] ?? 0).join('\n');
    expect(postmaster).to.not.include(password);
    expect(postmaster).to.include('SUPERBOT_LAUNCH=database:');
  });

  it('has another server, with every row, when the one was killed', async () => {
    const { pid, restart_count } = await home.module('database');
    process.kill(postmasters()[0] ?? 0, 'SIGKILL');
    await until('it was started again', async () => (await home.module('database')).pid !== pid);
    await isWhole();
    expect((await home.module('database')).restart_count).to.equal(restart_count + 1);
  });

  it('has one server, with every row, when its module was killed', async () => {
    const { pid } = await home.module('database');
    process.kill(pid ?? 0, 'SIGKILL');
    await until('it was started again', async () => (await home.module('database')).pid !== pid);
    await isWhole();
  });

  it('does not notice that the daemon is killed, nor the keeper', async () => {
    const [server] = postmasters();
    const daemon = Number(readFileSync(home.paths.daemonPid, 'utf8'));
    process.kill(daemon, 'SIGKILL');
    await until('the next daemon answers', async () => {
      const { status, stdout } = await home.cli('daemon', 'status', '--json');
      return status === 0 && (JSON.parse(stdout) as { pid: number }).pid !== daemon;
    });
    await isWhole();
    expect(postmasters()).to.deep.equal([server]);
    const keeper = readKeeperIdentity(home.path)?.pid ?? 0;
    process.kill(keeper, 'SIGKILL');
    await until('there is another keeper', () => {
      const next = readKeeperIdentity(home.path)?.pid;
      return next !== undefined && next !== keeper;
    });
    await isWhole();
    expect(postmasters()).to.deep.equal([server]);
  });

  it('has one server, with every row, when all but the server was killed at once', async () => {
    const [server] = postmasters();
    const others = [
      Number(readFileSync(home.paths.daemonPid, 'utf8')),
      readKeeperIdentity(home.path)?.pid,
      (await home.module('database')).pid,
    ];
    for (const pid of others) process.kill(pid ?? 0, 'SIGKILL');
    await home.start();
    await isWhole();
    expect(postmasters()).to.not.deep.equal([server]);
  });

  it('has nothing left of it when the module has been stopped', async () => {
    const { pid } = await home.module('database');
    const { status, stderr } = await home.cli('module', 'stop', 'database', '--cascade');
    expect(status, stderr).to.equal(0);
    expect(
      home.processes().filter((left) => left === pid || postmasters().includes(left)),
    ).to.deep.equal([]);
    expect(existsSync(join(home.path, 'data/database/.s.PGSQL.5432'))).to.equal(false);
    expect((await home.cli('module', 'start', 'database')).status).to.equal(0);
    await home.reaches('user', 'running');
    await isWhole();
  });

  it('stops with the daemon, without having to recover at its next start', async () => {
    expect((await home.cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
    await home.start();
    await home.reaches('user', 'running');
    await isWhole();
    const log = home.storedLines('database').map(({ text }) => text);
    expect(log.filter((text) => text === 'a new database was made')).to.have.length(1);
  });
});

describe('a home with a database of others', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const homes = temporaryHomes();
  const freshDatabase = testDatabases();

  it('runs none: modules get that of DATABASE_URL, and it is watched', async () => {
    const home = homes.create({ modules: { database, user }, autostart: ['database', 'user'] });
    home.env['DATABASE_URL'] = await freshDatabase();
    await home.start();
    await home.reaches('database', 'running');
    const { pid } = await home.reaches('user', 'running');
    expect(environmentOf(pid ?? 0)).to.include(`SUPERBOT_DATABASE_URL=${home.env['DATABASE_URL']}`);
    const { stdout } = await home.cli('rpc', 'call', 'database.status', '--json');
    expect(JSON.parse(stdout)).to.include({ server: 'external', data_folder: null });
    expect(existsSync(join(home.path, 'data/database'))).to.equal(false);
  });
});

describe('a home without a database', () => {
  const homes = temporaryHomes();

  it('tells modules of none until a reload brings one, for their next launch', async () => {
    const home = homes.create({ modules: { user }, autostart: ['user'] });
    await home.start();
    const { pid } = await home.reaches('user', 'running');
    expect(environmentOf(pid ?? 0).join()).to.not.include('SUPERBOT_DATABASE_URL');
    home.configure({ modules: { user, database: { ...database, enabled: true } } });
    expect((await home.cli('config', 'reload')).status).to.equal(0);
    expect((await home.module('user')).pid).to.equal(pid);
    expect((await home.cli('restart', 'user')).status).to.equal(0);
    const next = await home.reaches('user', 'running');
    expect(environmentOf(next.pid ?? 0).join()).to.include(
      'SUPERBOT_DATABASE_URL=postgresql://superbot:',
    );
  });
});

describe('a home whose database has no place', () => {
  const homes = temporaryHomes();

  it('runs its other modules, and says why there is none', async () => {
    const home = homes.create({ modules: { user, database }, autostart: ['user', 'database'] });
    mkdirSync(home.paths.dataDir, { recursive: true, mode: 0o700 });
    chmodSync(home.path, 0o700);
    writeFileSync(join(home.paths.dataDir, 'database'), '');
    await home.start();
    await home.reaches('user', 'running');
    await home.reaches('database', 'failed', 'exit_78');
    const said = home.storedLines('daemon').map(({ text }) => text);
    expect(said).to.include('cannot tell modules of the embedded database');
  });
});

describe('an ordinary user with an embedded database', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const homes = temporaryHomes();
  const uid = 65_534;

  it('has it as root has', async function () {
    // Everybody but root has run the tests above as an ordinary user already.
    if (process.getuid?.() !== 0) this.skip();
    const probe = spawnSync(process.execPath, [programs.cli, '--version'], { uid, gid: uid });
    if (probe.status !== 0) this.skip();
    const home = homes.create({ modules: { database }, autostart: ['database'] });
    const env = { ...home.env, HOME: dirname(home.path), NODE_V8_COVERAGE: undefined };
    chownSync(dirname(home.path), uid, uid);
    const cli = (...args: string[]) =>
      runNode(programs.cli, args, { env, uid, cwd: dirname(home.path) });
    const started = await cli('daemon', 'start');
    expect(started.status, started.stderr).to.equal(0);
    const answer = await until('the database answers', async () => {
      const { status, stdout } = await cli('rpc', 'call', 'database.status', '--json');
      return status === 0 ? stdout : null;
    });
    expect(JSON.parse(answer)).to.include({ server: 'embedded', user: 'superbot' });
    expect((await cli('daemon', 'stop')).status).to.equal(0);
    expect(home.processes()).to.deep.equal([]);
  });
});
