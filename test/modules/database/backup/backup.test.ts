import { expect } from 'chai';
import { describe, it } from 'mocha';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Database } from '../../../../modules/api/database.ts';
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  magic,
} from '../../../../modules/database/backup/archive-format.ts';
import { backUp } from '../../../../modules/database/backup/backup.ts';
import { restore } from '../../../../modules/database/backup/restore.ts';
import { Job } from '../../../../modules/database/job.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { packageRoot } from '../../../../config/paths.ts';
import { until } from '../../../support/until.ts';
import { needsPostgres, openDatabases, rejection } from '../../api/database/open-databases.ts';

const migrations = join(packageRoot(), 'test/modules/database/backup/migrations');
const never = new AbortController().signal;
const day = new Date('2026-11-22T00:00:00Z');

describe('a backup', () => {
  needsPostgres();
  const databases = openDatabases();
  const folder = temporaryFolders();

  it('is of one moment, also while 2,000 rows a second are written, and restores to the same', async () => {
    const database = await ledger(databases.open({ schema: 'ledger', statementTimeoutMs: 0 }));
    const stop = new AbortController();
    let written = 0;
    // Without a pause, so that something is committed between any two tables.
    const write = async () => {
      for (; !stop.signal.aborted; written += 20) await transfer(database, 20);
    };
    const writing = Promise.all([write(), write()]);
    await until('rows are being written', () => written > 200);
    const file = join(folder(), 'ledger.sbk');
    const before = written;
    const states: string[] = [];
    const job = new Job(
      { job_id: 'b', kind: 'backup', file },
      ({ state }) => states.push(state),
      Date.now,
    );
    await backUp(database, file, job, never);
    job.finish(null);
    await until('they go on being written', () => written > before + 100);
    stop.abort();
    await writing;

    const copy = await databases.open({ schema: 'ledger', statementTimeoutMs: 0 });
    await restore(copy, file, progress(), never);
    const [sums] = await read(
      copy,
      `SELECT (SELECT sum(balance) FROM accounts)::text AS balances,
         (SELECT count(*) FROM transfers)::int AS transfers,
         (SELECT sum(transfers) FROM totals)::int AS counted,
         (SELECT bool_and(balance = coalesce(came, 0) - coalesce(went, 0)) FROM accounts a
           LEFT JOIN (SELECT target, sum(amount) AS came FROM transfers GROUP BY 1) c ON c.target = a.id
           LEFT JOIN (SELECT source, sum(amount) AS went FROM transfers GROUP BY 1) w ON w.source = a.id
         ) AS agrees`,
    );
    expect(sums).to.include({ balances: '0.00', agrees: true, counted: sums?.['transfers'] });
    expect(sums?.['transfers']).to.be.within(before, written);
    expect(job.facts).to.include({ state: 'done', tables: 4, error: null });
    expect(job.facts.rows).to.be.greaterThan(before);
    expect(states.at(-1)).to.equal('done');
  });

  it('brings back partitions, sequences, triggers, foreign keys and the migrations themselves', async () => {
    const database = await ledger(databases.open({ schema: 'ledger' }));
    await transfer(database, 50);
    const file = join(folder(), 'ledger.sbk');
    await backUp(database, file, progress(), never);
    expect(statSync(file).mode & 0o777).to.equal(0o600);

    const copy = await databases.open({ schema: 'ledger' });
    await restore(copy, file, progress(), never);
    for (const table of ['accounts', 'transfers', 'totals', 'schema_migrations']) {
      const all = `SELECT t::text FROM ${table} t ORDER BY 1`;
      expect(await read(copy, all), table).to.deep.equal(await read(database, all));
    }
    const partitions = `SELECT tableoid::regclass::text AS partition, count(*) FROM transfers GROUP BY 1`;
    expect(await read(copy, partitions)).to.deep.equal(await read(database, partitions));
    await transfer(copy, 1);
    const [last] = await read(
      copy,
      'SELECT max(id) AS id, (SELECT sum(transfers) FROM totals) AS counted FROM transfers',
    );
    expect(last).to.deep.equal({ id: '51', counted: '51' });
    const wrong = copy.query(`INSERT INTO transfers VALUES (99, $1, 1, 77, 1)`, [day]);
    expect(await rejection(wrong)).to.include({ sqlState: '23503' });
    expect(
      await copy.migrate({ owner: 'ledger', folder: migrations, schema: 'ledger' }),
    ).to.deep.equal({
      applied: [],
      version: 2,
    });
  });

  it('does not hinder a partition that is attached while it runs', async () => {
    const database = await ledger(databases.open({ schema: 'ledger' }));
    let isInside = false;
    const watching = { ...progress(), step: () => (isInside = true) };
    const attach = (async () => {
      await until('the backup runs', () => isInside);
      await addPartition(database, '2026-11-23');
    })();
    await backUp(database, join(folder(), 'ledger.sbk'), watching, never);
    await attach;
  });

  it('leaves no file when it fails', async () => {
    const database = await ledger(databases.open({ schema: 'ledger' }));
    await database.query('CREATE TABLE by_hand (n int)');
    const where = folder();
    const failed = await rejection(backUp(database, join(where, 'x.sbk'), progress(), never));
    expect(failed.message).to.include('the table ledger.by_hand is in no migration');
    expect(readdirSync(where)).to.deep.equal([]);
  });

  it('does not write over a file', async () => {
    const database = await ledger(databases.open({ schema: 'ledger' }));
    const file = join(folder(), 'x.sbk');
    writeFileSync(file, 'dear');
    const failed = await rejection(backUp(database, file, progress(), never));
    expect(failed.message).to.match(/^there is a file \/.*\/x\.sbk already$/);
    expect(readFileSync(file, 'utf8')).to.equal('dear');
  });

  it('ends at once when it is given up, and leaves no file', async () => {
    const database = await ledger(databases.open({ schema: 'ledger' }));
    const where = folder();
    const stop = new AbortController();
    const watching = { ...progress(), step: () => stop.abort() };
    const failed = await rejection(backUp(database, join(where, 'x.sbk'), watching, stop.signal));
    expect(failed).to.include({ kind: 'cancelled' });
    expect(readdirSync(where)).to.deep.equal([]);
  });
});

describe('a restore', () => {
  needsPostgres();
  const databases = openDatabases();
  const folder = temporaryFolders();

  let saving: Promise<Buffer> | null = null;

  /** The same for each test, in a file that it may spoil. */
  async function saved(): Promise<string> {
    const file = join(folder(), 'ledger.sbk');
    saving ??= (async () => {
      const database = await ledger(databases.open({ schema: 'ledger' }));
      await transfer(database, 200);
      await backUp(database, file, progress(), never);
      return readFileSync(file);
    })();
    writeFileSync(file, await saving);
    return file;
  }

  it('refuses a database in which there are rows, and changes nothing in it', async () => {
    const file = await saved();
    const other = await databases.open();
    await other.query('CREATE TABLE mine (n int)');
    await other.query('INSERT INTO mine VALUES (1)');
    const failed = await rejection(restore(other, file, progress(), never));
    expect(failed.message).to.match(
      /^the database is not empty: there are rows in public\.mine — /,
    );
    expect(await read(other, `SELECT to_regnamespace('ledger') AS schema`)).to.deep.equal([
      { schema: null },
    ]);
  });

  it('takes the place of tables that have only been made', async () => {
    const file = await saved();
    const other = await databases.open({ schema: 'ledger' });
    await other.migrate({ owner: 'ledger', folder: migrations, schema: 'ledger' });
    await other.query('DELETE FROM accounts');
    await restore(other, file, progress(), never);
    expect(await read(other, 'SELECT count(*) FROM transfers')).to.deep.equal([{ count: '200' }]);
  });

  for (const [damage, spoil, message] of [
    [
      'is cut',
      (bytes: Buffer) => bytes.subarray(0, bytes.length - 200),
      'it is no backup, or cut or damaged (unexpected end of file)',
    ],
    ['has a wrong byte', (bytes: Buffer) => flipped(bytes, bytes.length >> 1), ''],
    ['is empty', () => Buffer.alloc(0), 'it is no backup, or cut or damaged'],
    [
      'is something else',
      () => gzipSync('something else that is long enough to be a backup'),
      'it is not a backup of superbot, or of another version',
    ],
  ] as const) {
    it(`refuses a file that ${damage}, and leaves the database empty`, () =>
      isRefused(spoil, message));
  }

  it('refuses a file that lacks its last rows, and leaves the database empty', () =>
    isRefused(
      (bytes) => gzipSync(withoutRows(gunzipSync(bytes))),
      'the rows of "ledger"."transfers" are damaged',
    ));

  async function isRefused(spoil: (bytes: Buffer) => Buffer, message: string): Promise<void> {
    const file = await saved();
    writeFileSync(file, spoil(readFileSync(file)));
    const other = await databases.open();
    const failed = await rejection(restore(other, file, progress(), never));
    expect(failed.message).to.include(message);
    expect(await read(other, `SELECT to_regnamespace('ledger') AS schema`)).to.deep.equal([
      { schema: null },
    ]);
  }

  it('says that there is no such file', async () => {
    const file = join(folder(), 'missing.sbk');
    const failed = await rejection(restore(await databases.open(), file, progress(), never));
    expect(failed.message).to.include('no such file');
    expect(existsSync(file)).to.equal(false);
  });
});

async function ledger(opening: Promise<Database>): Promise<Database> {
  const database = await opening;
  await database.migrate({ owner: 'ledger', folder: migrations, schema: 'ledger' });
  await addPartition(database, '2026-11-22');
  return database;
}

async function addPartition(database: Database, date: string): Promise<void> {
  const name = `transfers_p${date.replaceAll('-', '')}`;
  await database.query(`CREATE TABLE ${name} (LIKE transfers INCLUDING ALL)`);
  await database.query(
    `ALTER TABLE transfers ATTACH PARTITION ${name} FOR VALUES FROM ('${date}') TO ('${date}'::date + 1)`,
  );
}

/** Money from one account to another, so many times: the sum of all balances stays 0. */
async function transfer(database: Database, count: number): Promise<void> {
  await database.query(
    `WITH moved AS (
       INSERT INTO transfers (at, source, target, amount, note)
       SELECT $1, 1 + n % 10, 1 + (n + 3) % 10, 1.25, jsonb_build_object('n', n, 'text', E'a\\tb\\n\\\\')
       FROM generate_series(1, $2::int) AS n RETURNING source, target, amount
     ), changes AS (
       SELECT account, sum(amount) AS change FROM (
         SELECT source AS account, -amount AS amount FROM moved
         UNION ALL SELECT target, amount FROM moved) AS both_sides GROUP BY account
     )
     UPDATE accounts SET balance = balance + change FROM changes WHERE id = account`,
    [day, count],
  );
}

async function read(database: Database, text: string): Promise<readonly Record<string, unknown>[]> {
  return (await database.query<Record<string, unknown>>(text)).rows;
}

function progress() {
  const nothing = () => undefined;
  return {
    step: nothing,
    total: nothing,
    rows: nothing,
    bytes: nothing,
    tables: nothing,
    applied: nothing,
  };
}

function flipped(bytes: Buffer, at: number): Buffer {
  const damaged = Buffer.from(bytes);
  damaged[at] = (damaged[at] ?? 0) ^ 0x40;
  return damaged;
}

/** One row of one table fewer, with every length as it should be. */
function withoutRows(bytes: Buffer): Buffer {
  const frames: Buffer[] = [bytes.subarray(0, magic.length)];
  let table = '';
  for (let rest = bytes.subarray(magic.length); rest.length > 0;) {
    const { frame, length } = decodeFrame(rest)!;
    if (frame.kind === 'T') table = frame.table.name;
    const isShortened = frame.kind === 'D' && table === 'transfers' && endsARow(frame.data);
    frames.push(isShortened ? encodeFrame(shortened(frame)) : rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return Buffer.concat(frames);
}

/** With a whole row before its end: a part may also begin or end within one. */
function endsARow(data: Buffer): boolean {
  return data.at(-1) === 10 && data.indexOf(10) < data.length - 1;
}

function shortened({ kind, data }: Frame & { kind: 'D' }): Frame {
  return { kind, data: data.subarray(0, data.lastIndexOf('\n', data.length - 2) + 1) };
}
