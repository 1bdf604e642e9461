import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { DatabaseError, openDatabase } from '../../../../modules/api/database.ts';
import { TestPostgres } from '../../../support/postgres.ts';
import { until } from '../../../support/until.ts';
import { needsPostgres, openDatabases, rejection } from './open-databases.ts';

describe('a pool of database connections', () => {
  needsPostgres();
  const databases = openDatabases();

  it('serves 100 users with 5 connections', async () => {
    const database = await databases.open({ connectionsMax: 5 });
    const asked = Array.from({ length: 100 }, (_, user) =>
      database.query<{ user: number; pid: number }>(
        'SELECT $1::int AS user, pg_backend_pid() AS pid, pg_sleep(0.002)',
        [user],
      ),
    );
    const answers = (await Promise.all(asked)).map(({ rows }) => rows[0]!);
    expect(answers.map(({ user }) => user)).to.deep.equal(asked.map((_, user) => user));
    expect(new Set(answers.map(({ pid }) => pid)).size).to.be.within(1, 5);
    expect(database.metrics.pool).to.include({ open: 5, in_use: 0, waiting: 0 });
    expect(database.metrics.queries).to.equal(100);
  });

  it('gives exact numbers and times as what they are', async () => {
    const database = await databases.open();
    const { rows } = await database.query(`SELECT
      9007199254740993::int8 AS big, 0.1000000000000000055511151231257827::numeric AS exact,
      ARRAY[0.10, 1e-30]::numeric[] AS list, '2026-11-22 10:00:00.5+02'::timestamptz AS at,
      '2026-03-29'::date AS day, '2026-03-29 02:30'::timestamp AS wall, '{"a":[1]}'::jsonb AS json`);
    expect(rows).to.deep.equal([
      {
        big: '9007199254740993',
        exact: '0.1000000000000000055511151231257827',
        list: ['0.10', '0.000000000000000000000000000001'],
        at: new Date('2026-11-22T08:00:00.500Z'),
        day: '2026-03-29',
        wall: '2026-03-29 02:30:00',
        json: { a: [1] },
      },
    ]);
  });

  it('says of each failure whether it may pass', async () => {
    const database = await databases.open();
    await database.query('CREATE TABLE t (id int PRIMARY KEY, price numeric)');
    const kinds = await Promise.all(
      [
        'SELEC 1',
        'SELECT 1 FROM missing',
        `INSERT INTO t VALUES (1, 'garbage')`,
        'INSERT INTO t VALUES (1), (1)',
        'SELECT 1 / 0',
      ].map((text) => databaseRejection(database.query(text))),
    );
    expect(kinds.map(({ kind }) => kind)).to.deep.equal([
      'refused',
      'refused',
      'data',
      'data',
      'data',
    ]);
    expect(kinds.map(({ sqlState }) => sqlState)).to.deep.equal([
      '42601',
      '42P01',
      '22P02',
      '23505',
      '22012',
    ]);
    expect(database.metrics).to.include({ failed: 5, broken: 0 });
  });

  it('cancels on the server what its caller has given up', async () => {
    const database = await databases.open({ connectionsMax: 2 });
    const stop = new AbortController();
    const sleeping = database.query(`SELECT pg_sleep(60), 'to be cancelled'`, [], {
      signal: stop.signal,
    });
    const running = () =>
      database.query(
        `SELECT 1 FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%to be cancelled%'
         AND pid <> pg_backend_pid()`,
      );
    await until('it runs', async () => (await running()).count === 1);
    stop.abort(new Error('not needed any more'));
    const error = await databaseRejection(sleeping);
    expect(error).to.include({ kind: 'cancelled', mayHaveHappened: false });
    expect(error.cause).to.have.property('message', 'not needed any more');
    expect((await running()).count).to.equal(0);
    expect(database.metrics).to.include({ cancelled: 1, broken: 0 });
    expect(database.metrics.pool).to.include({ in_use: 0, open: 2 });
  });

  it('cancels on the server what takes longer than it was given', async () => {
    const database = await databases.open({ connectionsMax: 1 });
    const error = await rejection(database.query('SELECT pg_sleep(60)', [], { timeoutMs: 50 }));
    expect(error).to.include({ kind: 'timeout', mayHaveHappened: false });
    expect((await database.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }]);
  });

  it('has the server end what runs longer than its own limit', async () => {
    const database = await databases.open({ statementTimeoutMs: 30 });
    const error = await rejection(database.query('SELECT pg_sleep(60)'));
    expect(error).to.include({ kind: 'timeout', sqlState: '57014' });
  });

  it('names who holds the connections when none comes free', async () => {
    const database = await databases.open({ connectionsMax: 1 });
    const stop = new AbortController();
    const holder = database.query('SELECT pg_sleep(60)', [], { signal: stop.signal });
    const error = await rejection(database.query('SELECT 1', [], { timeoutMs: 50 }));
    expect(error).to.include({ kind: 'pool_exhausted' });
    expect(error.message).to.include('"SELECT pg_sleep(60)" for ');
    stop.abort();
    await rejection(holder);
  });

  it('cancels a query with more rows than its caller takes, and keeps the connection', async () => {
    const database = await databases.open({ connectionsMax: 1 });
    const asked = database.query('SELECT generate_series(1, 100000000)', [], { rowsMax: 1000 });
    expect(await rejection(asked)).to.include({ kind: 'too_many_rows' });
    const { rows } = await database.query('SELECT generate_series(1, 3) AS n');
    expect(rows).to.deep.equal([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  it('ends what runs when it is closed, and refuses what comes', async () => {
    const database = await databases.open();
    const running = rejection(database.query('SELECT pg_sleep(60)'));
    await until('it runs', () => database.metrics.pool.in_use === 1);
    await database.close(10);
    expect(await running).to.include({ kind: 'closed' });
    expect(await rejection(database.query('SELECT 1'))).to.include({ kind: 'closed' });
    expect(database.metrics.pool).to.include({ open: 0, in_use: 0 });
  });

  it('refuses an address that is none, without repeating its password', () => {
    for (const url of ['mysql://u:secret@h/d', 'postgresql://u:secret@h:port/d', 'secret']) {
      expect(() => openDatabase({ url }), url)
        .to.throw(DatabaseError, /^cannot use the database URL: (?!.*secret)/)
        .with.property('kind', 'not_configured');
    }
  });
});

describe('a pool whose server goes away', () => {
  needsPostgres();
  const databases = openDatabases();
  let server: TestPostgres;
  before(async () => (server = await TestPostgres.start()));
  after(() => server.dispose());

  it('tells a caller after its deadline, and serves again when the server is back', async () => {
    const database = databases.on(server);
    await database.query('SELECT 1');
    await server.stop('SIGKILL');
    const error = await rejection(database.query('SELECT 1', [], { timeoutMs: 200 }));
    expect(error).to.include({ kind: 'unavailable', mayHaveHappened: false });
    expect(error.message).to.match(/^cannot connect to the database "postgres" at \/tmp\//);
    const waiting = database.query('SELECT 2 AS two');
    await server.restart();
    expect((await waiting).rows).to.deep.equal([{ two: 2 }]);
    expect(database.metrics.connect_failures).to.be.at.least(1);
  });

  it('outlives the death of connections that nobody uses', async () => {
    const database = databases.on(server);
    await Promise.all([1, 2, 3].map(() => database.query('SELECT pg_sleep(0.01)')));
    await server.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE application_name = 'superbot' AND pid <> pg_backend_pid()`);
    await until('they are noticed', () => database.metrics.broken === 3);
    expect((await database.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }]);
  });

  it('says that nobody knows when the connection breaks under a statement', async () => {
    const database = databases.on(server);
    const broken = rejection(database.query('SELECT pg_sleep(60)'));
    await until('it runs', () => database.metrics.pool.in_use === 1);
    await until('it is at the server', async () => {
      const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%sleep(60)' AND state = 'active'`;
      return (await server.query(text)).length > 0;
    });
    expect(await broken).to.include({ kind: 'lost', mayHaveHappened: true });
  });

  it('tries again what may be done twice', async () => {
    const database = databases.on(server);
    await database.query('CREATE SEQUENCE attempts');
    const asked = database.query(
      `SELECT 7 AS seven, CASE WHEN nextval('attempts') = 1 THEN pg_sleep(60) END`,
      [],
      { isIdempotent: true },
    );
    await until('it is at the server', async () => {
      const text = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%AS seven%' AND state = 'active' AND pid <> pg_backend_pid()`;
      return (await server.query(text)).length > 0;
    });
    expect((await asked).rows[0]).to.include({ seven: 7 });
    expect(database.metrics).to.include({ retries: 1, failed: 0 });
  });
});

async function databaseRejection(promise: Promise<unknown>): Promise<DatabaseError> {
  const error = await rejection(promise);
  if (error instanceof DatabaseError) return error;
  throw error;
}
