import { expect } from 'chai';
import { after, afterEach, before, describe, it } from 'mocha';
import {
  type BatchWriter,
  type BatchWriterOptions,
  type Database,
  openBatchWriter,
  type RefusedRow,
} from '../../../../modules/api/database.ts';
import { TestPostgres } from '../../../support/postgres.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';
import { until } from '../../../support/until.ts';
import { needsPostgres, openDatabases, rejection } from './open-databases.ts';

interface Tick {
  readonly id: string;
  readonly at: Date;
  readonly price: string | null;
}

const columns = { id: 'text', at: 'timestamptz', price: 'numeric' };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

describe('a writer of batches', () => {
  needsPostgres();
  const databases = openDatabases();
  const folder = temporaryFolders();
  const writers: BatchWriter<Tick>[] = [];
  afterEach(async () => {
    // Those whose database is gone have said so in their test.
    await Promise.allSettled(writers.splice(0).map((writer) => writer.close(0)));
  });

  async function open(
    database: Pick<Database, 'query'>,
    options: Partial<BatchWriterOptions<Tick>> = {},
  ): Promise<BatchWriter<Tick>> {
    const writer = await openBatchWriter<Tick>(database, {
      name: 'ticks',
      columns,
      statement: (batch) =>
        `INSERT INTO ticks SELECT id, at, price FROM ${batch} ON CONFLICT DO NOTHING`,
      spill: null,
      log: quiet,
      ...options,
    });
    writers.push(writer);
    return writer;
  }

  describe('with a database that works', () => {
    let database: Database;
    const table = async () => {
      database = await databases.open();
      await database.query(
        'CREATE TABLE ticks (id text PRIMARY KEY, at timestamptz, price numeric)',
      );
    };

    it('acknowledges rows when they are committed, exactly as they were given', async () => {
      await table();
      const writer = await open(database);
      const at = new Date('2026-11-22T10:00:00.123Z');
      const odd = ['plain', 'with "quotes" and \\ and , {} NULL', '', 'ünï\n\tcode 🚀'];
      await writer.write(odd.map((id) => ({ id, at, price: '0.10000000000000000001' })));
      await writer.write([{ id: 'null', at, price: null }]);
      const { rows } = await database.query('SELECT * FROM ticks');
      expect(rows).to.have.deep.members([
        ...odd.map((id) => ({ id, at, price: '0.10000000000000000001' })),
        { id: 'null', at, price: null },
      ]);
      expect(writer.metrics).to.include({
        state: 'idle',
        rows_committed: 5,
        queued_rows: 0,
        retries: 0,
      });
      expect(writer.metrics.commit_p99_ms).to.be.greaterThan(0);
    });

    it('writes many small writes in few statements, in their order', async () => {
      await table();
      const batches: number[] = [];
      const writer = await open(database, {
        flushDelayMs: 50,
        onCommitted: (rows) => batches.push(rows),
      });
      const acknowledged: number[] = [];
      await Promise.all(
        ticks(2000).map(async (tick, index) => {
          await writer.write([tick]);
          acknowledged.push(index);
        }),
      );
      expect(batches.length).to.be.below(5);
      expect(acknowledged).to.deep.equal(ticks(2000).map((_, index) => index));
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(2000);
    });

    it('hands out the rows that the database refuses, and commits all others once', async () => {
      await table();
      const refused: RefusedRow<Tick>[] = [];
      const writer = await open(database, {
        onRefused: (rows) => {
          refused.push(...rows);
          return Promise.resolve();
        },
      });
      const bad = new Map([
        [0, 'garbage'],
        [777, '1e'],
        [778, '--'],
        [1999, 'x\u0000y'],
      ]);
      const rows = ticks(2000).map((tick, index) => ({
        ...tick,
        price: bad.get(index) ?? tick.price,
      }));
      await writer.write(rows);
      expect(refused.map(({ row }) => row)).to.deep.equal(
        [...bad.keys()].map((index) => rows[index]),
      );
      expect(refused.map(({ error }) => error.sqlState)).to.deep.equal([
        '22P02',
        '22P02',
        '22P02',
        '22021',
      ]);
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(1996);
      expect(writer.metrics).to.include({ refused: 4, rows_committed: 1996, retries: 0 });
    });

    it('hands rows out again when whoever takes them fails, and goes on', async () => {
      await table();
      let calls = 0;
      const writer = await open(database, {
        onRefused: () => (++calls === 1 ? Promise.reject(new Error('not now')) : Promise.resolve()),
      });
      const at = new Date(Number.NaN);
      await writer.write([...ticks(2), { id: 'bad', at, price: '1' }]);
      expect(calls).to.equal(2);
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(2);
    });

    it('keeps rows while the statement itself is at fault', async () => {
      database = await databases.open();
      const writer = await open(database, {
        onRefused: () => Promise.reject(new Error('refused')),
      });
      const written = writer.write(ticks(3));
      await until('it has failed', () => writer.metrics.retries > 0);
      expect(writer.metrics).to.include({ state: 'retrying', queued_rows: 3, refused: 0 });
      expect(writer.metrics.last_error).to.include('relation "ticks" does not exist');
      await database.query(
        'CREATE TABLE ticks (id text PRIMARY KEY, at timestamptz, price numeric)',
      );
      await written;
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(3);
    });

    it('takes no more than it has room for', async () => {
      await table();
      const writer = await open(database, { queuedRowsMax: 10, flushDelayMs: 60_000 });
      const lock = new AbortController();
      const locked = database.transaction(async (transaction, signal) => {
        await transaction.query('LOCK TABLE ticks');
        await until('the lock may go', () => lock.signal.aborted || signal.aborted);
      });
      const writes = ticks(30).map((tick) => writer.write([tick]));
      await until('the others wait', () => writer.metrics.waiting === 20);
      expect(writer.metrics).to.include({ queued_rows: 10 });
      const stop = new AbortController();
      const given = rejection(writer.write(ticks(31).slice(30), { signal: stop.signal }));
      stop.abort();
      expect(await given).to.include({ kind: 'cancelled' });
      lock.abort();
      await locked;
      await Promise.all(writes);
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(30);
    });

    it('commits what waits when it is closed, and refuses what comes', async () => {
      await table();
      const writer = await open(database, { flushDelayMs: 60_000 });
      const written = writer.write(ticks(5));
      await writer.close();
      await written;
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(5);
      expect(await rejection(writer.write(ticks(1)))).to.include({ kind: 'closed' });
    });

    it('flushes at once when it is asked to', async () => {
      await table();
      const writer = await open(database, { flushDelayMs: 60_000 });
      void writer.write(ticks(5));
      await writer.flush();
      expect((await database.query('SELECT 1 FROM ticks')).count).to.equal(5);
    });
  });

  describe('whose database goes away', () => {
    let server: TestPostgres;
    before(async () => {
      server = await TestPostgres.start();
      await server.query('CREATE TABLE ticks (id text PRIMARY KEY, at timestamptz, price numeric)');
    });
    afterEach(async () => {
      await server.restart();
      await server.query('TRUNCATE ticks');
    });
    after(() => server.dispose());

    it('loses and doubles nothing when the server is killed in the middle of batches', async () => {
      const writer = await open(databases.on(server), {
        batchRowsMax: 50,
        flushDelayMs: 1,
        // So long that a statement is under way when the server dies.
        statement: (batch) =>
          `INSERT INTO ticks SELECT id, at, price FROM ${batch}, pg_sleep(0.01) ON CONFLICT DO NOTHING`,
      });
      const acknowledged: string[] = [];
      const stop = new AbortController();
      const producing = (async () => {
        for (let n = 0; !stop.signal.aborted; n += 10) {
          await writer.room();
          const rows = ticks(n + 10).slice(n);
          void writer.write(rows).then(() => acknowledged.push(...rows.map(({ id }) => id)));
          await new Promise(setImmediate);
        }
      })();
      for (let round = 1; round <= 3; round += 1) {
        const before = acknowledged.length;
        await until('batches are under way', () => acknowledged.length > before + 500);
        await server.stop('SIGKILL');
        await server.restart();
      }
      stop.abort();
      await producing;
      await writer.flush();
      const stored = await server.query('SELECT id FROM ticks');
      expect(new Set(stored.map(({ id }) => id))).to.deep.equal(new Set(acknowledged));
      expect(stored.length).to.equal(acknowledged.length);
      expect(writer.metrics.retries).to.be.at.least(1);
    });

    it('puts on disk what the database does not take in time, and commits it when it is back', async () => {
      const database = databases.on(server);
      const writer = await open(database, { spill: { folder: folder(), afterMs: 50 } });
      await server.stop('SIGKILL');
      await writer.write(ticks(3000));
      expect(writer.metrics).to.include({ state: 'spilling', spill_rows: 3000, queued_rows: 0 });
      expect(await rejection(writer.flush({ timeoutMs: 100 }))).to.include({ kind: 'unavailable' });
      await server.restart();
      await writer.flush();
      expect((await server.query('SELECT 1 FROM ticks')).length).to.equal(3000);
      expect(writer.metrics).to.include({
        state: 'idle',
        spilled: 3000,
        spill_rows: 0,
        spill_bytes: 0,
      });
    });

    it('replays what an earlier run has left, before anything new and in order', async () => {
      const spill = { folder: folder(), afterMs: 10 };
      await server.stop('SIGKILL');
      const former = await open(databases.on(server), { spill });
      await former.write(ticks(10));
      void former.write(ticks(20).slice(10));
      await former.close(10);
      await server.restart();
      await server.query('CREATE TABLE sequence (n bigserial, id text)');
      const writer = await open(databases.on(server), {
        spill,
        flushDelayMs: 0,
        statement: (batch) => `WITH seen AS (INSERT INTO sequence (id) SELECT id FROM ${batch})
          INSERT INTO ticks SELECT id, at, price FROM ${batch} ON CONFLICT DO NOTHING`,
      });
      expect(writer.metrics).to.include({ spilled: 20 });
      await writer.write(ticks(30).slice(20));
      await writer.flush();
      const seen = await server.query('SELECT id FROM sequence ORDER BY n');
      expect(seen.map(({ id }) => id)).to.deep.equal(ticks(30).map(({ id }) => id));
      expect((await server.query('SELECT * FROM ticks ORDER BY at'))[13]).to.deep.equal(
        ticks(14)[13],
      );
    });

    it('says how many rows are not safe when it is closed without a disk', async () => {
      const writer = await open(databases.on(server));
      await server.stop('SIGKILL');
      const written = rejection(writer.write(ticks(7)));
      const error = await rejection(writer.close(50));
      expect(error.message).to.include('7 rows are neither committed nor on disk');
      expect(await written).to.include({ kind: 'closed' });
    });
  });
});

/** The first so many of a series that never ends. */
function ticks(count: number): Tick[] {
  return Array.from({ length: count }, (_, n) => ({
    id: `t${n}`,
    at: new Date(1_790_000_000_000 + n),
    price: `${n}.5`,
  }));
}
