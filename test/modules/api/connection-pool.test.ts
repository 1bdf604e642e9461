import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ConnectionPool, type PoolOptions } from '../../../modules/api/connection-pool.ts';
import {
  PoolClosedError,
  PoolExhaustedError,
  PoolOpenTimeoutError,
} from '../../../modules/api/connection-pool/error.ts';
import { FakeClock } from '../../support/fake-clock.ts';

interface Connection {
  readonly id: number;
  isOpen: boolean;
  isUsable: boolean;
}

function newPool(options: Partial<PoolOptions<Connection>> = {}) {
  const clock = new FakeClock();
  const made: Connection[] = [];
  const errors: unknown[] = [];
  const pool = new ConnectionPool<Connection>({
    name: 'the exchange',
    min: 2,
    max: 10,
    waitMs: 30_000,
    idleMs: 300_000,
    open: () => {
      const connection = { id: made.length + 1, isOpen: true, isUsable: true };
      made.push(connection);
      return connection;
    },
    close: (connection) => {
      if (!connection.isOpen) throw new Error(`${connection.id} was closed twice`);
      connection.isOpen = false;
    },
    isUsable: (connection) => connection.isUsable,
    onError: (error) => errors.push(error),
    clock,
    ...options,
  });
  const open = () => made.filter(({ isOpen }) => isOpen).map(({ id }) => id);
  const lend = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, at) => pool.acquire(`holder ${at + 1}`)));
  return { pool, clock, made, errors, open, lend };
}

async function errorOf(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => new Error('it resolved'),
    (error: unknown) => error as Error,
  );
}

describe('a connection pool', () => {
  it('lends ten, lets the eleventh wait for 30 s, and then says who has them (row 88)', async () => {
    const { pool, clock, lend, open } = newPool();
    const leases = await lend(9);
    await clock.advance(5000);
    leases.push(await pool.acquire('the last'));
    expect(open()).to.have.length(10);
    const eleventh = errorOf(pool.acquire('eleventh'));
    await clock.advance(29_999);
    expect(pool.metrics).to.deep.equal({
      open: 10,
      in_use: 10,
      idle: 0,
      waiting: 1,
      opened: 10,
      closed: 0,
      exhausted: 0,
    });
    await clock.advance(1);
    const error = await eleventh;
    if (!(error instanceof PoolExhaustedError)) throw error;
    expect(error.message).to.equal(
      'pool exhausted: none of 10 connections to the exchange came free within 30.0 s: they are held by holder 1 for 35.0 s, holder 2 for 35.0 s, holder 3 for 35.0 s, 7 more — use them for a shorter time, or raise infrastructure.connection_pool.max_connections',
    );
    expect(error.holders.at(-1)).to.deep.equal({ holder: 'the last', heldMs: 30_000 });
    expect(pool.metrics).to.include({ waiting: 0, exhausted: 1 });
  });

  it('gives what comes back to those who wait, in their order (row 88)', async () => {
    const { pool, lend, open } = newPool();
    const leases = await lend(10);
    const order: string[] = [];
    const lent: number[] = [];
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      const lease = await pool.acquire(name);
      order.push(name);
      lent.push(lease.connection.id);
    });
    leases[4]!.release();
    leases[7]!.destroy();
    leases[1]!.release();
    await Promise.all(waiting);
    expect(order).to.deep.equal(['a', 'b', 'c']);
    expect(lent).to.have.members([2, 5, 11]);
    expect(open()).to.have.length(10);
  });

  it('closes what was idle for 300 s, the oldest first, but for two (row 88)', async () => {
    const { pool, clock, lend, open } = newPool();
    const leases = await lend(5);
    for (const lease of leases) {
      lease.release();
      await clock.advance(1000);
    }
    await clock.advance(294_999);
    expect(open()).to.deep.equal([1, 2, 3, 4, 5]);
    await clock.advance(1);
    expect(open()).to.deep.equal([2, 3, 4, 5]);
    await clock.advance(1_000_000);
    expect(open()).to.deep.equal([4, 5]);
    expect((await pool.acquire('next')).connection.id).to.equal(5);
  });

  it('closes those that it kept beyond their time as soon as there are others', async () => {
    const { clock, lend, open } = newPool({ min: 1 });
    const [first, second] = await lend(2);
    first!.release();
    await clock.advance(400_000);
    expect(open()).to.deep.equal([1, 2]);
    second!.release();
    expect(open()).to.deep.equal([2]);
  });

  it('lends the one that was used last, so that the others can grow old', async () => {
    const { pool, lend } = newPool();
    const [first, second] = await lend(2);
    second!.release();
    first!.release();
    expect((await pool.acquire('next')).connection.id).to.equal(1);
  });

  it('closes what is no longer usable, and lends another', async () => {
    const { pool, made, lend, open, errors } = newPool();
    for (const lease of await lend(3)) lease.release();
    made[2]!.isUsable = false;
    made[1]!.isUsable = false;
    expect((await pool.acquire('next')).connection.id).to.equal(1);
    expect((await pool.acquire('next')).connection.id).to.equal(4);
    expect(open()).to.deep.equal([1, 4]);
    expect(errors).to.deep.equal([]);
  });

  it('gives its place back when a connection cannot be opened, checked or closed', async () => {
    const failure = new Error('no');
    let isDown = true;
    const { pool, errors } = newPool({
      max: 1,
      open: () => {
        if (isDown) throw failure;
        return { id: 1, isOpen: true, isUsable: true };
      },
      isUsable: () => Promise.reject(failure),
      close: () => Promise.reject(failure),
    });
    expect(await errorOf(pool.acquire('a'))).to.equal(failure);
    isDown = false;
    (await pool.acquire('b')).release();
    (await pool.acquire('c')).destroy();
    (await pool.acquire('d')).release();
    await pool.close();
    expect(errors).to.deep.equal([failure, failure, failure, failure]);
  });

  it('does not wait for a connection that does not open, and closes it when it does', async () => {
    let arrive: (connection: Connection) => void = () => undefined;
    const { pool, clock, made } = newPool({
      max: 1,
      open: () => new Promise((resolve) => (arrive = resolve)),
    });
    const failed = errorOf(pool.acquire('a'));
    await clock.advance(30_000);
    expect(await failed).to.be.instanceOf(PoolOpenTimeoutError);
    expect(pool.metrics).to.include({ in_use: 0 });
    const late = { id: 1, isOpen: true, isUsable: true };
    arrive(late);
    await clock.advance(1);
    expect(late.isOpen).to.equal(false);
    expect(made).to.deep.equal([]);
    expect(pool.metrics).to.include({ open: 0, opened: 1, closed: 1 });
  });

  it('stops waiting when the signal aborts, with its reason', async () => {
    const { pool, lend } = newPool({ max: 1 });
    const [lease] = await lend(1);
    const stop = new AbortController();
    const failed = errorOf(pool.acquire('b', { signal: stop.signal }));
    const reason = new Error('never mind');
    stop.abort(reason);
    expect(await failed).to.equal(reason);
    lease!.release();
    expect(pool.metrics).to.include({ idle: 1, in_use: 0, waiting: 0 });
    expect(await errorOf(pool.acquire('c', { signal: stop.signal }))).to.equal(reason);
  });

  it('takes a connection back once, however often it is told', async () => {
    const { pool, lend, open } = newPool();
    const [lease] = await lend(1);
    lease!.release();
    const again = await pool.acquire('next');
    lease!.release();
    lease!.destroy();
    expect(pool.metrics).to.include({ in_use: 1, idle: 0 });
    expect(open()).to.deep.equal([again.connection.id]);
  });

  it('closes in peace: refuses who waits, closes what is idle, and the rest as it comes back', async () => {
    const { pool, lend, open } = newPool({ max: 2 });
    const [first, second] = await lend(2);
    first!.release();
    const third = await pool.acquire('third');
    const waiting = errorOf(pool.acquire('waits'));
    let isClosed = false;
    const closed = pool.close().then(() => (isClosed = true));
    expect(await waiting).to.be.instanceOf(PoolClosedError);
    expect(await errorOf(pool.acquire('late'))).to.be.instanceOf(PoolClosedError);
    second!.release();
    expect(isClosed).to.equal(false);
    third.destroy();
    await closed;
    expect(open()).to.deep.equal([]);
  });

  it('closes without those who do not give back, after the deadline', async () => {
    const { pool, clock, lend, open } = newPool();
    await lend(1);
    const closed = pool.close(5000);
    await clock.advance(5000);
    await closed;
    expect(open()).to.deep.equal([1]);
  });
});
