import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import { Cache, type CacheOptions } from '../../../daemon/cache/cache.ts';
import type { Verdict } from '../../../daemon/cache/hit-rate.ts';
import { MemoryStore } from '../../../daemon/cache/memory-store.ts';
import type { CacheStore, OnChange } from '../../../daemon/cache/store.ts';
import { valueBytesMax } from '../../../rpc/cache-limits.ts';
import { failure } from '../../rpc/failure.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('the cache in front of its backend', () => {
  let system: FakeClock;
  let defaultTtlMs: number;
  let published: (readonly string[] | null)[];
  let verdicts: Verdict[];
  let othersChange: OnChange;
  let cache: Cache;

  beforeEach(() => {
    system = new FakeClock();
    defaultTtlMs = 1000;
    published = [];
    verdicts = [];
    cache = cacheOn(inMemory());
  });

  function inMemory(): CacheStore {
    const limits = { entriesMax: 10_000, bytesMax: 64 * 1024 * 1024 };
    return new MemoryStore({ system, limits: () => limits });
  }

  function cacheOn(store: CacheStore): Cache {
    const options: CacheOptions = {
      store: (onChange) => {
        othersChange = onChange;
        return store;
      },
      defaultTtlMs: () => defaultTtlMs,
      publish: (_topic, { keys }) => published.push(keys),
      onVerdict: (verdict) => verdicts.push(verdict),
    };
    return new Cache(options);
  }

  async function isThere(key: string): Promise<boolean> {
    return (await cache.get(key)) !== null;
  }

  it('keeps a value for its own ttl, fractions of a second too, else for the configured one', async () => {
    await cache.set('own', 1, 0.25);
    await cache.set('default', 1, null);
    await system.advance(300);
    expect([await isThere('own'), await isThere('default')]).to.deep.equal([false, true]);
    await system.advance(800);
    expect(await isThere('default')).to.equal(false);
    defaultTtlMs = 5000;
    await cache.set('default', 1, null);
    await system.advance(4000);
    expect(await isThere('default')).to.equal(true);
  });

  it('refuses a value that is too large, says how large it is, and keeps what was there', async () => {
    await cache.set('a', 1, null);
    const tooLong = 'é'.repeat(valueBytesMax / 2);
    const error = await failure(cache.set('a', tooLong, null));
    const data = { reason: 'too_large', bytes: valueBytesMax + 2, bytes_max: valueBytesMax };
    expect(error).to.deep.include({ code: -32007, data });
    expect((await cache.get('a'))?.text).to.equal('1');
    await cache.set('a', tooLong.slice(1), null);
    expect((await cache.get('a'))?.text).to.have.length(valueBytesMax / 2 + 1);
  });

  it('counts hits and misses under both names of their rate', async () => {
    expect(await cache.stats()).to.include({ hits: 0, misses: 0, hit_rate: 0, cache_hit_rate: 0 });
    await cache.set('a', 1, null);
    for (const key of ['a', 'a', 'a', 'b']) await cache.get(key);
    expect(await cache.stats()).to.deep.equal({
      entries: 1,
      bytes: 2,
      hits: 3,
      misses: 1,
      evictions: 0,
      hit_rate: 0.75,
      cache_hit_rate: 0.75,
    });
  });

  it('of tickers, books and klines with TTLs of 5, 1 and 60 s is hit by more than 70 % (row 71)', async () => {
    const kinds = { ticker: 5, book: 1, klines: 60 };
    // Two minutes in which each of 20 symbols is asked for five times a second.
    for (let at = 0; at < 600; at += 1) {
      for (let symbol = 0; symbol < 20; symbol += 1)
        for (const [kind, ttl] of Object.entries(kinds))
          if (!(await isThere(`${kind}:${symbol}`))) await cache.set(`${kind}:${symbol}`, at, ttl);
      await system.advance(200);
    }
    const { hit_rate } = await cache.stats();
    expect(hit_rate).to.be.within(0.9, 0.95);
    expect(verdicts).to.deep.equal([]);
  });

  it('says that the hit rate is low when it stays low (row 92)', async () => {
    for (let at = 0; at < 3000; at += 1) await cache.get(`k${at}`);
    expect(verdicts).to.deep.equal([{ kind: 'low', rate: 0 }]);
  });

  it('tells of a change only when the key was read by somebody who keeps it, and once', async () => {
    await cache.set('a', 1, null);
    await cache.get('a');
    await cache.set('a', 2, null);
    expect(published).to.deep.equal([]);
    await cache.get('a', true);
    await cache.get('a', true);
    await cache.set('a', 3, null);
    await cache.set('a', 4, null);
    expect(published).to.deep.equal([['a']]);
    await cache.get('a', true);
    await cache.delete('a');
    expect(published).to.deep.equal([['a'], ['a']]);
  });

  it('tells of a deletion also when the value was dropped before, and of other daemons’ changes', async () => {
    await cache.set('a', 1, 1);
    await cache.get('a', true);
    await system.advance(2000);
    expect(await cache.delete('a')).to.equal(false);
    expect(published).to.deep.equal([['a']]);
    await cache.get('b', true);
    othersChange('c');
    othersChange('b');
    expect(published).to.deep.equal([['a'], ['b']]);
    othersChange(null);
    expect(published).to.deep.equal([['a'], ['b']]);
    await cache.get('b', true);
    othersChange(null);
    expect(published.at(-1)).to.equal(null);
  });

  it('tells of a change that came while the value was being read', async () => {
    const store = inMemory();
    const get = store.get.bind(store);
    let answer: (() => void) | undefined;
    store.get = async (key) => {
      const kept = await get(key);
      await new Promise<void>((resolve) => (answer = resolve));
      return kept;
    };
    cache = cacheOn(store);
    await cache.set('a', 'old', null);
    const read = cache.get('a', true);
    await new Promise(setImmediate);
    await cache.set('a', 'new', null);
    answer!();
    expect((await read)?.text).to.equal('"old"');
    expect(published).to.deep.equal([['a']]);
  });

  it('tells of a change that the backend did not confirm', async () => {
    const store = inMemory();
    store.set = () => Promise.reject(new Error('no answer'));
    cache = cacheOn(store);
    await cache.get('a', true);
    expect(await failure(cache.set('a', 1, null))).to.have.property('message', 'no answer');
    expect(published).to.deep.equal([['a']]);
  });

  it('tells that any may have changed when more are kept than it can remember', async () => {
    for (let at = 0; at < 10_000; at += 1) await cache.get(`k${at}`, true);
    expect(published).to.deep.equal([]);
    await cache.get('k5', true);
    expect(published).to.deep.equal([]);
    await cache.get('one more', true);
    expect(published).to.deep.equal([null]);
    await cache.set('one more', 1, null);
    await cache.set('k5', 1, null);
    expect(published).to.deep.equal([null, ['one more']]);
  });
});
