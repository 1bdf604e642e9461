import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { connectModule } from '../../../modules/api/module.ts';
import type { Handlers } from '../../../rpc/table.ts';
import { failure } from '../../rpc/failure.ts';
import { until } from '../../support/until.ts';
import { CacheWorld, type Joined, near } from './cache/cache-world.ts';

describe('the cache of a module', () => {
  let world: CacheWorld;
  let module: Joined;

  beforeEach(async () => {
    world = await CacheWorld.create();
    module = world.join();
  });
  afterEach(() => world.remove());

  it('sets, gives and deletes any JSON, for all modules the same', async () => {
    const { cache } = module;
    const other = world.join();
    for (const value of [null, 0, '', false, [], { a: [1, 'é😀\u2028', { b: null }] }]) {
      await cache.set('k:日本 :*', value, 5);
      expect(await other.cache.get('k:日本 :*')).to.deep.equal(value);
    }
    expect(await other.cache.delete('k:日本 :*')).to.equal(true);
    expect(await cache.delete('k:日本 :*')).to.equal(false);
    expect(await cache.get('k:日本 :*')).to.equal(undefined);
  });

  it('rejects what the daemon refuses: an impossible key, ttl or value', async () => {
    const { cache } = module;
    const code = async (promise: Promise<unknown>) => (await failure(promise)) as { code?: number };
    for (const key of ['', 'x'.repeat(513), '\ud800'])
      expect(await code(cache.set(key, 1)), key.slice(0, 3)).to.have.property('code', -32602);
    for (const ttl of [0, -1, 0.0001, 1e9])
      expect(await code(cache.set('a', 1, ttl)), String(ttl)).to.have.property('code', -32602);
    expect(await code(cache.set('a', undefined))).to.have.property('code', -32602);
    expect(await failure(cache.getOrSet('a', 0, () => 1))).to.be.instanceOf(RangeError);
    expect(await failure(cache.get('a', { nearSeconds: 61 }))).to.be.instanceOf(RangeError);
    expect(world.warningCount).to.equal(0);
  });

  it('loads what is not there once for all who want it at the same time, and stores it', async () => {
    const { asked, clock } = world;
    const { cache, link } = module;
    let loads = 0;
    const load = async () => {
      loads += 1;
      await link.call('module.list');
      return { price: loads };
    };
    const all = Array.from({ length: 50 }, () => cache.getOrSet('a', 5, load));
    for (const value of await Promise.all(all)) expect(value).to.deep.equal({ price: 1 });
    expect(asked).to.deep.equal(['get a', 'set a']);
    expect(await cache.getOrSet('a', 5, load)).to.deep.equal({ price: 1 });
    await clock.advance(5001);
    expect(await cache.getOrSet('a', 5, load)).to.deep.equal({ price: 2 });
    expect(cache.metrics).to.include({ loads: 2, hits: 1, misses: 2, unanswered: 0 });
  });

  it('does not store a load that failed: all who wait get the error, the next one loads', async () => {
    const { asked } = world;
    const { cache } = module;
    const broken = () => Promise.reject(new Error('no price'));
    const both = [cache.getOrSet('a', 5, broken), cache.getOrSet('a', 5, broken)];
    for (const one of both) expect(await failure(one)).to.have.property('message', 'no price');
    expect(await cache.getOrSet('a', 5, () => 1)).to.equal(1);
    const nothing: unknown = await cache.getOrSet('b', 5, () => undefined as unknown);
    expect(nothing).to.equal(undefined);
    expect(asked).to.deep.equal(['get a', 'get a', 'set a', 'get b']);
    expect(cache.metrics).to.include({ loads: 3, load_failures: 1 });
  });

  it('goes on loading for the others when one gives up, and stops when the last one does', async () => {
    const { asked } = world;
    const { cache } = module;
    const aborts = [new AbortController(), new AbortController()];
    const loading: { signal: AbortSignal; done: (value: number) => void }[] = [];
    const load = (signal: AbortSignal) =>
      new Promise<number>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
        loading.push({ signal, done: resolve });
      });
    const get = (key: string, at: number) =>
      cache.getOrSet(key, 5, load, { signal: aborts[at]!.signal });
    const [impatient, patient] = [get('a', 0), get('a', 1)];
    await until('it loads', () => loading.length === 1);
    aborts[0]!.abort(new Error('enough'));
    expect(await failure(impatient)).to.have.property('message', 'enough');
    loading[0]!.done(1);
    expect(await patient).to.equal(1);
    const alone = get('b', 1);
    await until('it loads', () => loading.length === 2);
    aborts[1]!.abort(new Error('enough'));
    expect(await failure(alone)).to.have.property('message', 'enough');
    expect(loading[1]!.signal.aborted).to.equal(true);
    expect(asked).to.deep.equal(['get a', 'set a', 'get b']);
  });

  it('gives the value that was too large to store, and says so', async () => {
    const { asked, logged } = world;
    const { cache } = module;
    const large = { text: 'é'.repeat(256 * 1024) };
    expect(await cache.getOrSet('a', 5, () => large)).to.equal(large);
    expect(logged.join('')).to.include('a value was not cached').and.include('524299 bytes');
    expect(asked).to.deep.equal(['get a']);
    expect(await cache.get('a')).to.equal(undefined);
  });

  it('goes on without the daemon: with what is near, then with what is loaded, and says so once (row 96)', async () => {
    const { daemon, logged } = world;
    const { cache, link } = module;
    await cache.set('a', 1, 60);
    await world.hearsOfChanges(module);
    await cache.get('a', near);
    await world.goesAway(module);
    let loads = 0;
    const load = () => ({ load: (loads += 1) });
    expect(await cache.get('a', near)).to.equal(1);
    expect(await cache.get('b')).to.equal(undefined);
    expect(await cache.getOrSet('b', 60, load)).to.deep.equal({ load: 1 });
    expect(await cache.getOrSet('b', 60, load)).to.deep.equal({ load: 2 });
    expect(await cache.getOrSet('b', 60, load, near)).to.deep.equal({ load: 3 });
    expect(await cache.getOrSet('b', 60, load, near)).to.deep.equal({ load: 3 });
    expect(await failure(cache.set('a', 2))).to.have.property('code', -32006);
    expect(await cache.get('a', near)).to.equal(undefined);
    expect(world.warningCount).to.equal(1);
    await daemon.start();
    await until('the link is back', () => link.isUp);
    expect(await cache.getOrSet('b', 60, load, near)).to.deep.equal({ load: 4 });
    expect(await cache.getOrSet('b', 60, load)).to.deep.equal({ load: 4 });
    expect(logged.join('')).to.include('answers again');
  });

  it('does not wait for a daemon that hangs more than once a second', async () => {
    const { daemon } = world;
    const { link } = module;
    let hung = 0;
    const hang: Handlers['cache.get'] = () => {
      hung += 1;
      return new Promise(() => undefined);
    };
    daemon.handlers = { ...daemon.handlers, 'cache.get': hang };
    await link.close();
    await daemon.stop();
    await daemon.start();
    const { cache } = world.join();
    expect(await cache.getOrSet('a', 5, () => 1)).to.equal(1);
    for (let at = 0; at < 100; at += 1) await cache.getOrSet(`k${at}`, 5, () => 1);
    expect(hung).to.equal(1);
    expect(world.warningCount).to.equal(1);
  });

  it('is there without a daemon, too: nothing is stored, everything is loaded', async () => {
    const alone = connectModule({ env: {} });
    expect(await alone.cache.get('a')).to.equal(undefined);
    expect(await alone.cache.getOrSet('a', 5, () => 1)).to.equal(1);
    expect(await failure(alone.cache.set('a', 1))).to.have.property('code', -32004);
    await alone.close();
  });

  it('of `connectModule` is the same', async () => {
    const connected = connectModule({ env: world.daemon.env });
    await module.cache.set('ticker:BTCUSDT', { price: '64010.5' }, 5);
    expect(await connected.cache.get('ticker:BTCUSDT')).to.deep.equal({ price: '64010.5' });
    await connected.close();
  });
});
