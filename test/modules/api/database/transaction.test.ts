import { expect } from 'chai';
import { describe, it } from 'mocha';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database } from '../../../../modules/api/database.ts';
import { until } from '../../../support/until.ts';
import { needsPostgres, openDatabases, rejection } from './open-databases.ts';

describe('a database transaction', () => {
  needsPostgres();
  const databases = openDatabases();

  async function accounts(): Promise<Database> {
    const database = await databases.open();
    await database.query('CREATE TABLE accounts (id int PRIMARY KEY, balance int)');
    await database.query('INSERT INTO accounts VALUES (1, 0), (2, 0)');
    return database;
  }
  const balances = async (database: Database) =>
    (
      await database.query<{ balance: number }>('SELECT balance FROM accounts ORDER BY id')
    ).rows.map(({ balance }) => balance);

  it('is kept whole when its work is done, and not at all when that fails', async () => {
    const database = await accounts();
    const done = await database.transaction(async (transaction) => {
      await transaction.query('UPDATE accounts SET balance = 5 WHERE id = 1');
      return 'done';
    });
    const failed = database.transaction(async (transaction) => {
      await transaction.query('UPDATE accounts SET balance = 7 WHERE id = 2');
      throw new Error('changed my mind');
    });
    expect(done).to.equal('done');
    expect((await rejection(failed)).message).to.equal('changed my mind');
    expect(await balances(database)).to.deep.equal([5, 0]);
    expect(database.metrics.pool).to.include({ in_use: 0, open: 1 });
  });

  it('is done again, all of it, after a serialization failure', async () => {
    const database = await accounts();
    const add = () =>
      database.transaction(
        async (transaction) => {
          const { rows } = await transaction.query<{ balance: number }>(
            'SELECT balance FROM accounts WHERE id = 1',
          );
          await transaction.query('UPDATE accounts SET balance = $1 WHERE id = 1', [
            (rows[0]?.balance ?? 0) + 1,
          ]);
        },
        { isolation: 'serializable', attemptsMax: 50 },
      );
    await Promise.all(Array.from({ length: 8 }, add));
    expect(await balances(database)).to.deep.equal([8, 0]);
    expect(database.metrics.retries).to.be.at.least(1);
  });

  it('is done again after a deadlock', async () => {
    const database = await accounts();
    await database.query(`ALTER DATABASE ${await name(database)} SET deadlock_timeout = '20ms'`);
    await Promise.all([1, 2, 3].map(() => database.query('SELECT pg_sleep(0.01)')));
    const locked = new Set<number>();
    let attempts = 0;
    const both = (first: number, second: number) =>
      database.transaction(async (transaction) => {
        attempts += 1;
        await transaction.query(`SET LOCAL deadlock_timeout = '20ms'`);
        await transaction.query('UPDATE accounts SET balance = balance + 1 WHERE id = $1', [first]);
        locked.add(first);
        await until('the other has its first row', () => locked.size === 2);
        await transaction.query('UPDATE accounts SET balance = balance + 1 WHERE id = $1', [
          second,
        ]);
      });
    await Promise.all([both(1, 2), both(2, 1)]);
    expect(await balances(database)).to.deep.equal([2, 2]);
    expect(attempts).to.equal(3);
  });

  it('is done again when its connection breaks before it is committed', async () => {
    const database = await accounts();
    let attempts = 0;
    await database.transaction(async (transaction) => {
      attempts += 1;
      await transaction.query('UPDATE accounts SET balance = balance + 1 WHERE id = 1');
      if (attempts > 1) return;
      const { rows } = await transaction.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await database.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      await transaction.query('SELECT 1');
    });
    expect(attempts).to.equal(2);
    expect(await balances(database)).to.deep.equal([1, 0]);
  });

  it('does not pretend that it was kept when a statement in it failed unseen', async () => {
    const database = await accounts();
    const kept = database.transaction(async (transaction) => {
      await transaction.query('UPDATE accounts SET balance = 9');
      await rejection(transaction.query('SELECT 1 / 0'));
    });
    expect((await rejection(kept)).message).to.include('rolled back instead of committed');
    expect(await balances(database)).to.deep.equal([0, 0]);
  });

  it('does statements one after the other, whoever asks, and none after its end', async () => {
    const database = await accounts();
    let late: Promise<unknown> = Promise.resolve();
    await database.transaction(async (transaction) => {
      const asked = [1, 2, 3].map((n) =>
        transaction.query<{ n: number }>('SELECT $1::int AS n', [n]),
      );
      const given = (await Promise.all(asked)).map(({ rows }) => rows[0]?.n);
      expect(given).to.deep.equal([1, 2, 3]);
      late = new Promise((resolve) => setImmediate(resolve)).then(() =>
        rejection(transaction.query('SELECT 1')),
      );
    });
    await until('it is over', () => database.metrics.pool.in_use === 0);
    expect(await late).to.satisfy((error: unknown) => error instanceof Error);
  });

  it('ends at its deadline, also while its work waits for something else', async () => {
    const database = await accounts();
    const hanging = database.transaction(
      async (transaction) => {
        await transaction.query('UPDATE accounts SET balance = 3');
        await new Promise(() => undefined);
      },
      { timeoutMs: 50 },
    );
    expect(await rejection(hanging)).to.include({ kind: 'timeout' });
    expect(await balances(database)).to.deep.equal([0, 0]);
    expect(database.metrics.pool.in_use).to.equal(0);
  });

  it('copies in and out, with what is in it', async () => {
    const database = await accounts();
    await database.transaction(async (transaction) => {
      const count = await transaction.copyFrom('COPY accounts FROM STDIN', [
        '3\t30\n',
        '4\t',
        '40\n',
      ]);
      expect(count).to.equal(2);
      const out: Buffer[] = [];
      const given = await transaction.copyTo('COPY accounts TO STDOUT', async (chunks) => {
        for await (const chunk of chunks) out.push(chunk as Buffer);
      });
      expect(given).to.equal(4);
      expect(Buffer.concat(out).toString()).to.equal('1\t0\n2\t0\n3\t30\n4\t40\n');
    });
  });
});

describe('COPY', () => {
  needsPostgres();
  const databases = openDatabases();

  it('takes as fast as the server does, and gives as fast as the sink does', async () => {
    const database = await databases.open();
    await database.query('CREATE TABLE t (n int, text text)');
    const rows = 20_000;
    let taken = 0;
    function* source() {
      for (; taken < rows; taken += 1) yield `${taken}\t${'x'.repeat(100)}\n`;
    }
    expect(await database.copyFrom('COPY t FROM STDIN', source())).to.equal(rows);
    let bytes = 0;
    let bufferedMax = 0;
    const count = await database.copyTo('COPY t TO STDOUT', async (chunks: Readable) => {
      for await (const chunk of chunks) {
        bytes += (chunk as Buffer).length;
        bufferedMax = Math.max(bufferedMax, chunks.readableLength);
        await new Promise(setImmediate);
      }
    });
    expect(count).to.equal(rows);
    expect(bytes).to.be.greaterThan(rows * 100);
    expect(bufferedMax).to.be.below(512 * 1024);
  });

  it('leaves nothing of a source that fails, and says what it said', async () => {
    const database = await databases.open();
    await database.query('CREATE TABLE t (n int)');
    function* source() {
      yield '1\n';
      throw new Error('the file is torn');
    }
    expect((await rejection(database.copyFrom('COPY t FROM STDIN', source()))).message).to.equal(
      'the file is torn',
    );
    const garbage = await rejection(database.copyFrom('COPY t FROM STDIN', ['1\n', 'x\n']));
    expect(garbage).to.include({ kind: 'data', sqlState: '22P02' });
    const missing = await rejection(database.copyFrom('COPY missing FROM STDIN', ['1\n']));
    expect(missing).to.include({ kind: 'refused', sqlState: '42P01' });
    expect((await database.query('SELECT * FROM t')).count).to.equal(0);
    expect(database.metrics.pool).to.include({ in_use: 0 });
  });

  it('ends with a sink that fails or leaves, and with a statement that does', async () => {
    const database = await databases.open({ connectionsMax: 1 });
    const many = 'COPY (SELECT generate_series(1, 1000000)) TO STDOUT';
    const failing = database.copyTo(many, () => Promise.reject(new Error('no room')));
    expect((await rejection(failing)).message).to.equal('no room');
    const leaving = database.copyTo(many, () => Promise.resolve());
    expect((await rejection(leaving)).message).to.equal('the sink did not take all that there was');
    const broken = database.copyTo(
      'COPY (SELECT 1 / (n - 70000) FROM generate_series(1, 100000) n) TO STDOUT',
      drain,
    );
    expect(await rejection(broken)).to.include({ kind: 'data', sqlState: '22012' });
    expect((await database.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }]);
  });

  it('says what its sink said, also one that fails while it reads or in a pipeline', async () => {
    const database = await databases.open({ connectionsMax: 1 });
    const many = 'COPY (SELECT generate_series(1, 1000000)) TO STDOUT';
    const reading = database.copyTo(many, async (chunks) => {
      for await (const chunk of chunks) throw new Error(`no room for ${typeof chunk}`);
    });
    expect((await rejection(reading)).message).to.equal('no room for object');
    const piping = database.copyTo(many, (chunks) =>
      pipeline(
        chunks,
        new Writable({ write: (_chunk, _encoding, done) => done(new Error('disk full')) }),
      ),
    );
    expect((await rejection(piping)).message).to.equal('disk full');
    const breaking = database.copyTo(many, async (chunks) => {
      for await (const chunk of chunks) if (chunk !== null) break;
    });
    expect((await rejection(breaking)).message).to.equal(
      'the sink did not take all that there was',
    );
    expect((await database.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }]);
  });

  it('is cancelled with its signal', async () => {
    const database = await databases.open({ connectionsMax: 1 });
    const stop = new AbortController();
    const copying = database.copyTo(
      'COPY (SELECT generate_series(1, 1000000000)) TO STDOUT',
      async (chunks) => {
        for await (const chunk of chunks) if (chunk !== null) stop.abort();
      },
      { signal: stop.signal },
    );
    expect(await rejection(copying)).to.include({ kind: 'cancelled' });
    expect((await database.query('SELECT 1 AS one')).rows).to.deep.equal([{ one: 1 }]);
  });
});

async function drain(chunks: Readable): Promise<void> {
  for await (const chunk of chunks) expect(chunk).to.be.instanceOf(Buffer);
}

async function name(database: Database): Promise<string> {
  const { rows } = await database.query<{ name: string }>('SELECT current_database() AS name');
  return rows[0]?.name ?? '';
}
