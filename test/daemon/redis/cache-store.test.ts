import { expect } from 'chai';
import { Redis } from 'ioredis';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { MemoryStore } from '../../../daemon/cache/memory-store.ts';
import type { CacheStore } from '../../../daemon/cache/store.ts';
import { RedisStore } from '../../../daemon/redis/cache-store.ts';
import { realSystem } from '../../../daemon/system.ts';
import { itIsACacheStore } from '../../conformance/cache.ts';
import { LongWay } from '../../support/long-way.ts';
import { TestRedis, whyNoRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const limits = () => ({ entriesMax: 1000, bytesMax: 1024 * 1024 });
const hourMs = 3_600_000;
/** A second of the suite is an hour of Redis: what it takes to run is nothing beside that. */
const scale = 3600;

async function allowAll(direct: Redis): Promise<void> {
  await direct.config('SET', 'maxmemory', '0');
  await direct.acl('SETUSER', 'default', '+@all');
}

/** So many pings Redis was asked until now. */
async function pingsOf(direct: Redis): Promise<number> {
  return Number(/cmdstat_ping:calls=(\d+)/.exec(await direct.info('commandstats'))?.[1] ?? 0);
}

describe('the cache in Redis', function () {
  const why = whyNoRedis();
  if (why !== null) return void it.skip(`of several daemons: ${why}`);
  let redis: TestRedis;
  let direct: Redis;
  const stores: RedisStore[] = [];
  before(async () => {
    redis = await TestRedis.start();
  });
  beforeEach(async () => {
    await redis.resume();
    direct = new Redis(redis.url);
    await allowAll(direct);
    await direct.flushall();
  });
  afterEach(async () => {
    direct.disconnect();
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  after(() => redis.dispose());

  interface Told {
    readonly changes: (string | null)[];
    readonly outages: string[];
  }

  async function open(
    answerMsMax = 20_000,
    url = redis.url,
  ): Promise<{ store: RedisStore } & Told> {
    const told: Told = { changes: [], outages: [] };
    const store = new RedisStore({
      ...{ system: realSystem, url, pingEveryMs: 100, answerMsMax },
      newFallback: () => new MemoryStore({ system: realSystem, limits }),
      onChange: (key) => told.changes.push(key),
      onDown: ({ state }) => told.outages.push(state),
      onReturn: () => told.outages.push('up'),
    });
    stores.push(store);
    store.start();
    await until('it is asked', () => store.isAsked);
    told.changes.length = 0;
    return { store, ...told };
  }

  const textOf = async (store: CacheStore, key: string) => (await store.get(key))?.text ?? null;

  describe('as any backend', () => {
    itIsACacheStore(async () => {
      const { store } = await open();
      const scaled: CacheStore = {
        get: async (key) => {
          const kept = await store.get(key);
          return kept && { text: kept.text, leftMs: kept.leftMs / scale };
        },
        set: (key, text, ttlMs) => store.set(key, text, ttlMs * scale),
        delete: (key) => store.delete(key),
        stats: () => store.stats(),
        close: () => store.close(),
      };
      const advance = async (byMs: number) => {
        for (const key of await direct.keys('*'))
          await direct.pexpire(key, (await direct.pttl(key)) - byMs * scale);
      };
      return { store: scaled, advance, remove: () => Promise.resolve() };
    });
  });

  it('is one for several daemons, which tell each other what has changed (row 71)', async () => {
    const [a, b] = [await open(), await open()];
    await a.store.set('ticker', '1', hourMs);
    expect(await textOf(b.store, 'ticker')).to.equal('1');
    await b.store.set('ticker', '2', hourMs);
    await a.store.delete('a key: with *?[]');
    expect(await textOf(a.store, 'ticker')).to.equal('2');
    await until('both were told', () => a.changes.length > 0 && b.changes.length > 1);
    expect([a.changes, b.changes]).to.deep.equal([['ticker'], ['ticker', 'a key: with *?[]']]);
    expect(await direct.keys('*')).to.deep.equal(['superbot:cache:ticker']);
  });

  it('is in memory while Redis is down, and forgets that when it is back (rows 71 and 96)', async () => {
    const { store, changes, outages } = await open();
    await store.set('a', '1', hourMs);
    await redis.kill();
    await until('it knows', () => outages.length > 0);
    expect(await textOf(store, 'a')).to.equal(null);
    await store.set('a', '2', hourMs);
    await store.set('b', '3', hourMs);
    expect([await textOf(store, 'a'), await store.delete('b')]).to.deep.equal(['2', true]);
    expect(store.figures.inMemory).to.equal(5);
    await redis.restart();
    await until('it is asked', () => store.isAsked);
    expect(await textOf(store, 'a')).to.equal(null);
    await store.set('a', '4', hourMs);
    expect(await textOf(store, 'a')).to.equal('4');
    expect({ changes, outages }).to.deep.equal({ changes: [null, null], outages: ['down', 'up'] });
  });

  it('gives no old value back that was replaced or deleted while Redis was stalled (row 71)', async () => {
    const [a, b] = [await open(500), await open()];
    for (const key of ['replaced', 'deleted', 'untouched']) await a.store.set(key, '1', hourMs);
    redis.signal('SIGSTOP');
    await a.store.set('replaced', '2', hourMs);
    expect(await a.store.delete('deleted')).to.equal(false);
    expect(await textOf(a.store, 'replaced')).to.equal('2');
    expect(await textOf(a.store, 'untouched')).to.equal(null);
    expect(a.store.figures.timeouts).to.equal(1);
    redis.signal('SIGCONT');
    await until('it is asked', () => a.store.isAsked);
    for (const { store } of [a, b]) {
      await until('the other as well', () => store.isAsked);
      const texts = ['replaced', 'deleted', 'untouched'].map((key) => textOf(store, key));
      expect(await Promise.all(texts)).to.deep.equal([null, null, '1']);
    }
  });

  it('deletes all that it has in Redis, and nothing else, when too much was changed without it', async () => {
    const { store } = await open(500);
    await store.set('old', '1', hourMs);
    await direct.set('somebody else’s', 'x');
    redis.signal('SIGSTOP');
    await store.set('first', '2', hourMs);
    await Promise.all(Array.from({ length: 10_001 }, (_, n) => store.delete(`k${n}`)));
    redis.signal('SIGCONT');
    await until('it is asked', () => store.isAsked);
    expect(await store.get('old')).to.equal(null);
    expect(await direct.keys('*')).to.deep.equal(['somebody else’s']);
  });

  it('takes for a miss what is no line of JSON, and goes on being asked', async () => {
    const { store, changes } = await open();
    const strange = ['', '{', '[1,\n2]', 'NaN', '1'.repeat(3 * 1024 * 1024)];
    for (const [at, text] of strange.entries()) await direct.set(`superbot:cache:${at}`, text);
    await direct.lpush('superbot:cache:list', '1');
    await direct.set('superbot:cache:endless', '1');
    for (const key of [...strange.keys(), 'list'])
      expect(await store.get(String(key)), String(key)).to.equal(null);
    expect(await textOf(store, 'endless')).to.equal('1');
    await store.set('list', '2', hourMs);
    expect(await textOf(store, 'list')).to.equal('2');
    await direct.publish('superbot-cache', 'no message of a daemon'.replaceAll(' ', '-'));
    expect({ changes, isAsked: store.isAsked }).to.deep.equal({ changes: [], isAsked: true });
  });

  it('is in memory while Redis is full, says so once, and clears nothing at each ping (row 96)', () =>
    isInMemory((at) => at.config('SET', 'maxmemory', '1'), 'OOM'));

  for (const command of ['set', 'publish', 'del', 'getrange'])
    it(`is in memory while Redis lets nobody ${command}, says so once (row 96)`, () =>
      isInMemory((at) => at.acl('SETUSER', 'default', `-${command}`), 'NOPERM'));

  /** As long as Redis refuses what is asked of it, for a reason that begins with `why`. */
  async function isInMemory(
    refuse: (direct: Redis) => Promise<unknown>,
    why: string,
  ): Promise<void> {
    const { store, changes, outages } = await open();
    await store.set('a', '1', hourMs);
    await refuse(direct);
    // Its own work makes it notice, whichever it is that is refused.
    await store.set('a', '2', hourMs);
    await textOf(store, 'a');
    await store.delete('b');
    await until('it knows', () => outages.length > 0);
    await store.set('a', '3', hourMs);
    const { redis: status, timeouts } = store.figures;
    expect(status).to.include({ state: 'refusing', address: redis.address });
    expect([status.why?.slice(0, why.length), timeouts]).to.deep.equal([why, 0]);
    const pings = await pingsOf(direct);
    await until('it was asked again', async () => (await pingsOf(direct)) > pings + 8);
    expect(await textOf(store, 'a')).to.equal('3');
    expect({ changes, outages }).to.deep.equal({ changes: [null], outages: ['refusing'] });
    await allowAll(direct);
    await until('it is asked again', () => store.isAsked);
    expect(store.figures.redis).to.include({ state: 'up', why: null });
    expect(outages).to.deep.equal(['refusing', 'up']);
    expect(await textOf(store, 'a')).to.equal(null);
  }

  it('is in memory while Redis answers pings, but more slowly than anybody waits', async () => {
    const way = await LongWay.to(redis.port);
    try {
      const { store, changes, outages } = await open(300, redis.url.replace(/\d+$/, `${way.port}`));
      way.delayMs = 400;
      await store.set('a', '1', hourMs);
      await until('it knows', () => outages.length > 0);
      expect(store.figures.redis.why).to.equal('it has not answered within 300 ms');
      expect(await textOf(store, 'a')).to.equal('1');
      way.delayMs = 0;
      await until('it is asked', () => store.isAsked);
      expect(await textOf(store, 'a')).to.equal(null);
      expect({ changes, outages }).to.deep.equal({
        changes: [null, null],
        outages: ['stalled', 'up'],
      });
    } finally {
      way.close();
    }
  });

  it('loses nothing but time when Redis is away at the start', async () => {
    await redis.kill();
    const outages: string[] = [];
    const store = new RedisStore({
      ...{ system: realSystem, url: redis.url, pingEveryMs: 100 },
      newFallback: () => new MemoryStore({ system: realSystem, limits }),
      onChange: () => undefined,
      onDown: ({ state }) => outages.push(state),
      onReturn: () => outages.push('up'),
    });
    stores.push(store);
    await store.set('early', '1', hourMs);
    store.start();
    await until('it knows', () => outages.length > 0);
    expect(await textOf(store, 'early')).to.equal('1');
    await redis.restart();
    await until('it is asked', () => store.isAsked);
    expect(outages).to.deep.equal(['down', 'up']);
  });
});
