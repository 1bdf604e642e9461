import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { ask } from '../../../modules/database/ask.ts';
import { ConfigurationError } from '../../../modules/database/configuration-error.ts';
import { databaseHealth } from '../../../modules/database/health.ts';
import { handOver } from '../../../modules/database/run-as.ts';
import { isRunning } from '../../support/processes.ts';
import { whyNoPostgres } from '../../support/postgres.ts';
import { needsMount, smallDisks } from '../../support/small-disk.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';
import { DatabaseHouse, houses, rejection } from './house.ts';

describe('the embedded PostgreSQL', function () {
  const why = whyNoPostgres();
  if (why !== null) return void it.skip(`on this machine: ${why}`);
  const house = houses();
  const disks = smallDisks();
  const folder = temporaryFolders();
  let whole: DatabaseHouse;
  /** One for all tests that leave it whole, whether it runs or not. */
  const one = () => whole;

  before(async () => {
    whole = new DatabaseHouse();
    // What a start that was killed has left.
    mkdirSync(`${whole.cluster}.tmp`);
    writeFileSync(join(`${whole.cluster}.tmp`, 'PG_VERSION'), '18\n');
    const server = await whole.open();
    await whole.query('CREATE TABLE notes (text text)');
    await server.stop();
  });
  after(() => whole.dispose());

  it('is made once, beside its place, and a half-made one is never taken for a whole', () => {
    expect(made(whole)).to.equal(1);
    expect(() => statSync(`${whole.cluster}.tmp`)).to.throw(/ENOENT/);
    expect(readFileSync(join(whole.cluster, 'PG_VERSION'), 'utf8')).to.match(/^\d+\n$/);
  });

  it('answers on a socket alone, safe from power loss, in a session of its own', async () => {
    const here = one();
    const { pid } = await here.open();
    // So that Ctrl-C in the daemon's terminal does not reach it.
    expect(sessionOf(pid)).to.equal(pid);
    const [settings] = await here.query(`
      SELECT current_setting('listen_addresses') AS listen, current_setting('fsync') AS fsync,
        current_setting('synchronous_commit') AS commit, current_setting('data_checksums') AS checksums,
        current_setting('unix_socket_permissions') AS mode, current_database() AS database`);
    expect(settings).to.deep.equal({
      ...{ listen: '', fsync: 'on', commit: 'on', checksums: 'on', mode: '0700' },
      database: 'superbot',
    });
  });

  it('keeps what was committed over an end', async () => {
    const here = one();
    const server = await here.open();
    await here.query("INSERT INTO notes VALUES ('kept')");
    expect(await server.stop()).to.equal('SIGINT');
    expect(here.processes()).to.deep.equal([]);
    await here.open();
    expect(await here.query('SELECT text FROM notes')).to.deep.equal([{ text: 'kept' }]);
    expect(made(here)).to.equal(1);
    await here.query('TRUNCATE notes');
  });

  it('is adopted where it runs already, so there is never a second one', async () => {
    const here = one();
    await (await here.open()).stop();
    const first = await here.open();
    const second = await here.open();
    expect(second.pid).to.equal(first.pid);
    expect(here.words).to.include('a server that serves this folder already is adopted');
    await second.stop();
    expect(await first.ended).to.equal('exit code 0');
    expect(await second.ended).to.equal('it is gone');
  });

  it('is ended where it serves the folder, but not where modules look for it', async () => {
    const here = one();
    const first = await here.open();
    here.socketFolder = mkdtempSync('/tmp/sb-db-');
    const second = await here.open();
    expect(second.pid).to.not.equal(first.pid);
    expect(isRunning(first.pid)).to.equal(false);
    expect(await here.query('SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
    rmSync(here.socketFolder, { recursive: true });
    here.socketFolder = here.dataDir;
    await here.open();
    expect(isRunning(second.pid)).to.equal(false);
  });

  it('starts beside a busy process that a killed server has left, which it ends', async () => {
    const here = one();
    const server = await here.open();
    void rejection(
      ask(here.url, 'SELECT count(*) FROM generate_series(1, 1e12)', { timeoutMs: 60_000 }),
    );
    const query =
      "SELECT pid FROM pg_stat_activity WHERE query LIKE '%generate_series%' AND state = 'active' AND pid <> pg_backend_pid()";
    const [row] = await until('it is busy', async () => {
      const rows = await here.query(query);
      return rows.length > 0 ? rows : null;
    });
    const orphan = Number(row?.['pid']);
    process.kill(server.pid, 'SIGKILL');
    await server.ended;
    expect(isRunning(orphan)).to.equal(true);
    await here.open();
    expect(isRunning(orphan)).to.equal(false);
  });

  it('keeps every row that it has acknowledged when it is killed', async () => {
    const here = one();
    const server = await here.open();
    const client = new pg.Client({ connectionString: here.url });
    client.on('error', broken);
    await client.connect();
    await client.query('CREATE TABLE numbers (n int)');
    const acknowledged = [];
    for (let n = 0; n < 100; n++) {
      await client.query('INSERT INTO numbers VALUES ($1)', [n]);
      acknowledged.push({ n });
    }
    for (const pid of here.processes()) process.kill(pid, 'SIGKILL');
    await server.ended;
    await here.open();
    expect(await here.query('SELECT n FROM numbers ORDER BY n')).to.deep.equal(acknowledged);
  });

  it('gets the password of the file again when that was lost', async () => {
    const here = one();
    const url = here.url.replace(here.password, 'another');
    await here.open(undefined, url);
    expect(here.words.join()).to.include('the password of the database is not the one in its file');
    expect(await ask(url, 'SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
    await here.open();
  });

  it('of another major version is refused, and left as it is', async () => {
    const here = house();
    mkdirSync(here.cluster);
    writeFileSync(join(here.cluster, 'PG_VERSION'), '12\n');
    const error = await rejection(here.open());
    expect(error).to.be.instanceOf(ConfigurationError);
    expect(error.message).to.match(/made by PostgreSQL 12,.* SUPERBOT_PG_BIN .*db backup/);
    expect(readFileSync(join(here.cluster, 'PG_VERSION'), 'utf8')).to.equal('12\n');
  });

  it('is not made over something else in its place', async () => {
    const here = house();
    mkdirSync(here.cluster);
    writeFileSync(join(here.cluster, 'precious'), 'data');
    const error = await rejection(here.open());
    expect(error).to.be.instanceOf(ConfigurationError);
    expect(error.message).to.include('holds no database of PostgreSQL');
    expect(readFileSync(join(here.cluster, 'precious'), 'utf8')).to.equal('data');
  });

  it('that cannot start says so in its own last words', async () => {
    const here = house();
    mkdirSync(here.cluster, { mode: 0o700 });
    copyFileSync(join(whole.cluster, 'PG_VERSION'), join(here.cluster, 'PG_VERSION'));
    const error = await rejection(here.open());
    expect(error.message).to.match(
      /did not start \(exit code \d\).*its last words:\n.*could not access the server configuration/s,
    );
  });

  it('loses nothing to a full disk, and goes on when there is room', async function () {
    needsMount(this);
    const path = join(folder(), 'disk');
    const disk = disks(path, '64m');
    await (await whole.open()).stop();
    const here = house(whole.copy(join(path, 'house', 'database')));
    await here.open();
    await here.query("INSERT INTO notes VALUES ('kept')");
    disk.fill();
    const much = "INSERT INTO notes SELECT 'lost' || n FROM generate_series(1, 500000) AS n";
    await rejection(ask(here.url, much, { timeoutMs: 60_000 }));
    const { reason } = await databaseHealth({ url: here.url, folder: here.cluster });
    expect(reason).to.match(/disk of the database is full|does not answer/);
    disk.free();
    await here.open();
    expect(await here.query('SELECT text FROM notes')).to.deep.equal([{ text: 'kept' }]);
  });

  it('is not made on a full disk, which is said', async function () {
    needsMount(this);
    const path = join(folder(), 'disk');
    disks(path, '4m');
    const here = house(new DatabaseHouse(join(path, 'house', 'database')));
    const error = await rejection(here.open());
    expect(error.message).to.match(/^cannot make the database: .*No space left on device/s);
  });

  it('is not started any more when the module is asked to end meanwhile', async () => {
    const here = one();
    const ending = new AbortController();
    await (await here.open()).stop();
    const opening = here.open(ending.signal);
    ending.abort(new Error('enough'));
    expect((await rejection(opening)).message).to.equal('enough');
    expect(here.processes()).to.deep.equal([]);
  });

  it('runs as the user whom its files belong to, below folders that are closed to him', async function () {
    // Older ones must be able to go back to the folder that they were started in.
    if (process.getuid?.() !== 0 || majorOf(whole.cluster) < 16) return void this.skip();
    const here = one();
    handOver(here.cluster, { uid: 65_534, gid: 65_534 });
    const { pid } = await here.open();
    expect(statSync(`/proc/${pid}`).uid).to.equal(65_534);
    expect(await here.query('SELECT 1 AS one')).to.deep.equal([{ one: 1 }]);
  });
});

function made({ words }: DatabaseHouse): number {
  return words.filter((word) => word === 'a new database was made').length;
}

/** The server was killed. */
function broken(): void {
  return undefined;
}

function majorOf(cluster: string): number {
  return Number(readFileSync(join(cluster, 'PG_VERSION'), 'utf8'));
}

/** proc(5). */
function sessionOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3]);
}
