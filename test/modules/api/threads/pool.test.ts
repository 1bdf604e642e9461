import { expect } from 'chai';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, describe, it } from 'mocha';
import { ThreadError, Threads } from '../../../../modules/api/threads.ts';
import { ThreadPool, type ThreadPoolOptions } from '../../../../modules/api/threads/pool.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { until } from '../../../support/until.ts';

const file = join(import.meta.dirname, 'task.js');

async function errorOf(promise: Promise<unknown>): Promise<ThreadError> {
  const outcome = await promise.then(
    (value) => value,
    (error: unknown) => error,
  );
  if (!(outcome instanceof ThreadError)) throw new Error(`not a ThreadError: ${String(outcome)}`);
  return outcome;
}

/** Tasks that wait for it count themselves, so that a test knows that they run. */
class Gate {
  readonly buffer = new SharedArrayBuffer(8);
  readonly #view = new Int32Array(this.buffer);

  get order() {
    return { do: 'wait', gate: this.buffer } as const;
  }

  async passed(count: number): Promise<void> {
    await until(`${count} tasks run`, () => Atomics.load(this.#view, 1) >= count);
  }

  open(): void {
    Atomics.store(this.#view, 0, 1);
    Atomics.notify(this.#view, 0);
  }
}

describe('a thread pool', () => {
  const pools: { close: (deadlineMs?: number) => Promise<void> }[] = [];
  const logged: string[] = [];

  afterEach(async () => {
    for (const pool of pools.splice(0)) await pool.close(0);
    logged.length = 0;
  });

  function newPool(options: Partial<ThreadPoolOptions> = {}): ThreadPool {
    const log = { error: (message: string) => void logged.push(message) };
    const pool = new ThreadPool({ name: 'cpu', size: 2, log, ...options });
    pools.push(pool);
    return pool;
  }

  it('has no thread before its first task, and the sizes that it was given (row 82)', async () => {
    const threads = new Threads({ default: 10, io: 20, cpu: 4 });
    pools.push(threads);
    const idle = { threads: 0, active: 0, queued: 0, completed: 0, failed: 0, died: 0 };
    expect(threads.metrics).to.deep.equal({
      default: { size: 10, ...idle },
      io: { size: 20, ...idle },
      cpu: { size: 4, ...idle },
    });
    expect(await threads.pool('cpu').run(file, { do: 'square', of: 7 })).to.equal(49);
    expect(threads.metrics.cpu).to.deep.equal({ size: 4, ...idle, threads: 1, completed: 1 });
    expect(threads.metrics.io.threads).to.equal(0);
  });

  it('runs as many at a time as it has threads, and counts the others (row 82)', async () => {
    const pool = newPool();
    const gate = new Gate();
    const tasks = [1, 2, 3, 4, 5].map(() => pool.run(file, gate.order));
    await gate.passed(2);
    expect(pool.metrics).to.deep.equal({
      size: 2,
      threads: 2,
      active: 2,
      queued: 3,
      completed: 0,
      failed: 0,
      died: 0,
    });
    gate.open();
    const used = new Set(await Promise.all(tasks));
    expect(used.size).to.equal(2);
    expect(pool.metrics).to.include({ active: 0, queued: 0, completed: 5 });
  });

  it('can be resized while it works: more at once, fewer as tasks end (row 82)', async () => {
    const pool = newPool({ size: 1 });
    const [first, second] = [new Gate(), new Gate()];
    const tasks = [first, first, second].map((gate) => pool.run(file, gate.order));
    await first.passed(1);
    pool.resize(2);
    await first.passed(2);
    pool.resize(1);
    expect(pool.metrics).to.include({ size: 1, active: 2, queued: 1 });
    first.open();
    await Promise.all(tasks.slice(0, 2));
    await second.passed(1);
    expect(pool.metrics).to.include({ active: 1, queued: 0 });
    second.open();
    await tasks[2];
    for (const size of [0, 1025, 1.5, NaN]) expect(() => pool.resize(size)).to.throw(RangeError);
  });

  it('lets only so many wait', async () => {
    const pool = newPool({ size: 1, queuedMax: 2 });
    const gate = new Gate();
    const tasks = [1, 2, 3].map(() => pool.run(file, gate.order));
    const error = await errorOf(pool.run(file, gate.order));
    expect(error.kind).to.equal('queue_full');
    expect(error.message).to.match(/2 tasks wait for the thread pool "cpu"/);
    gate.open();
    await Promise.all(tasks);
    expect(pool.metrics).to.include({ completed: 3, failed: 1 });
  });

  it('tells a task that throws, one that is none, and data that cannot be copied', async () => {
    const pool = newPool({ size: 1 });
    const failed = await errorOf(pool.run(file, { do: 'throw' }));
    expect(failed).to.include({ kind: 'failed' });
    expect(failed.message).to.match(/task\.js failed: out of range$/);
    expect(failed.cause).to.be.instanceOf(Error);
    expect((await errorOf(pool.run(join(import.meta.dirname, 'no-such.js'), 1))).kind).to.equal(
      'not_loaded',
    );
    expect(
      (await errorOf(pool.run(pathToFileURL(join(import.meta.dirname, 'pool.test.js')), 1))).kind,
    ).to.equal('not_loaded');
    expect((await errorOf(pool.run('./task.js', 1))).message).to.match(/use new URL/);
    expect((await errorOf(pool.run(file, () => 1))).message).to.match(/cannot exchange its data/);
    expect(await pool.run(file, { do: 'square', of: 3 })).to.equal(9);
    expect(pool.metrics).to.include({ failed: 5, died: 0, completed: 1, active: 0 });
  });

  for (const [end, says] of [
    ['exit', /code: 3/],
    ['uncaught', /nobody catches this/],
    ['closure', /can its result be\?/],
  ] as const)
    it(`reports a thread that dies (${end}), and goes on with another`, async () => {
      const pool = newPool({ size: 1 });
      const error = await errorOf(pool.run(file, { do: end }));
      expect(error.kind).to.equal('died');
      expect(error.message)
        .to.match(says)
        .and.match(/in the pool "cpu" died/);
      expect(logged).to.deep.equal([error.message]);
      expect(await pool.run(file, { do: 'square', of: 2 })).to.equal(4);
      expect(pool.metrics).to.include({ died: 1, failed: 1, completed: 1 });
    });

  it('ends a computation that takes too long, with its thread', async () => {
    const clock = new FakeClock();
    const pool = newPool({ size: 1, clock });
    const before = await pool.run(file, { do: 'thread' });
    const gate = new Gate();
    const failed = errorOf(pool.run(file, gate.order));
    await gate.passed(1);
    await clock.advance(59_999);
    expect(pool.metrics).to.include({ active: 1, failed: 0 });
    await clock.advance(1);
    const error = await failed;
    expect(error.message).to.match(/task\.js was not done within 60 s in the thread pool "cpu"$/);
    expect(error.kind).to.equal('timeout');
    expect(await pool.run(file, { do: 'thread' })).not.to.equal(before);
    expect(pool.metrics).to.include({ died: 0, failed: 1, active: 0, threads: 1 });
  });

  it('cancels what runs and what waits, and keeps no listener', async () => {
    const pool = newPool({ size: 1 });
    const gate = new Gate();
    const stop = new AbortController();
    const running = errorOf(pool.run(file, gate.order, { signal: stop.signal }));
    const waiting = errorOf(pool.run(file, gate.order, { signal: stop.signal }));
    await gate.passed(1);
    stop.abort('enough');
    for (const error of [
      await running,
      await waiting,
      await errorOf(pool.run(file, 1, { signal: stop.signal })),
    ])
      expect(error).to.include({ kind: 'cancelled', cause: 'enough' });
    expect(pool.metrics).to.include({ active: 0, queued: 0 });
    expect(await pool.run(file, { do: 'square', of: 2 })).to.equal(4);
  });

  it('hands over what shall not be copied', async () => {
    const bytes = new ArrayBuffer(1000);
    expect(await newPool().run(file, { do: 'bytes', of: bytes }, { transfer: [bytes] })).to.equal(
      1000,
    );
    expect(bytes.byteLength).to.equal(0);
  });

  it('lets threads go that have nothing to do', async () => {
    const pool = newPool({ idleMs: 10 });
    await pool.run(file, { do: 'thread' });
    await until('no thread is left', () => pool.metrics.threads === 0);
  });

  it('closes: refuses what waits or comes, and lets what runs end', async () => {
    const pool = newPool({ size: 1 });
    const gate = new Gate();
    const running = pool.run(file, gate.order);
    const waiting = errorOf(pool.run(file, gate.order));
    await gate.passed(1);
    const closed = pool.close();
    expect((await waiting).kind).to.equal('closed');
    gate.open();
    expect(await running).to.be.a('number');
    await closed;
    expect((await errorOf(pool.run(file, 1))).kind).to.equal('closed');
    expect(pool.metrics.threads).to.equal(0);
  });

  it('closes after 5 s what does not end, even a computation', async () => {
    const clock = new FakeClock();
    const pool = newPool({ size: 1, clock });
    const gate = new Gate();
    const running = errorOf(pool.run(file, { do: 'stay', gate: gate.buffer }));
    await gate.passed(1);
    const closed = pool.close();
    await clock.advance(4999);
    expect(pool.metrics).to.include({ active: 1, failed: 0 });
    await clock.advance(1);
    await closed;
    expect((await running).kind).to.equal('closed');
  });
});
