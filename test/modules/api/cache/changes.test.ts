import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { until } from '../../../support/until.ts';
import { CacheWorld, type Joined, near } from './cache-world.ts';

describe('what a module keeps of the cache', () => {
  let world: CacheWorld;
  let module: Joined;

  beforeEach(async () => {
    world = await CacheWorld.create();
    module = world.join();
  });
  afterEach(() => world.remove());

  it('does not bring an old value back: what was set while it loaded stands', async () => {
    const { bus } = world;
    const { cache, link } = module;
    const other = world.join();
    await world.hearsOfChanges(module);
    for (const change of [() => cache.set('a', 'new', 60), () => other.cache.set('a', 'new', 60)]) {
      let done: ((value: string) => void) | undefined;
      const load = () => new Promise<string>((resolve) => (done = resolve));
      const old = cache.getOrSet('a', 60, load, near);
      await until('it loads', () => done !== undefined);
      const heard = bus.seq;
      await change();
      await until('it is told', () => bus.seq > heard);
      await link.call('module.list');
      const next = cache.getOrSet('a', 60, () => 'loaded once more', near);
      done!('old');
      expect(await Promise.all([old, next])).to.deep.equal(['old', 'new']);
      expect(await other.cache.get('a')).to.equal('new');
      await cache.delete('a');
    }
  });

  it('keeps a value near until somebody else changes it', async () => {
    const { bus, shared, asked } = world;
    const { cache } = module;
    const other = world.join();
    await other.cache.set('a', 'old', 60);
    await world.hearsOfChanges(module);
    asked.length = 0;
    expect([await cache.get('a', near), await cache.get('a', near)]).to.deep.equal(['old', 'old']);
    expect(asked).to.deep.equal(['get a']);
    for (const change of [
      () => other.cache.set('a', 'new', 60),
      () => shared.delete('a'),
      () => shared.set('a', 'newest', 60),
    ]) {
      await cache.get('a', near);
      await change();
      await until('it has heard', () => cache.metrics.near_entries === 0);
    }
    expect(await cache.getOrSet('a', 60, () => 'loaded', near)).to.equal('newest');
    // There may be many of these: they would push all else out of the history.
    expect(bus.past(null, 100, null)).to.deep.equal([]);
  });

  it('keeps nothing near before it hears of changes', async () => {
    const { shared } = world;
    const { cache } = module;
    await shared.set('a', 1, 60);
    await module.link.call('module.list');
    expect(await cache.get('a', near)).to.equal(1);
    expect(cache.metrics.near_entries).to.equal(0);
    await world.hearsOfChanges(module);
    await cache.get('a', near);
    expect(cache.metrics.near_entries).to.equal(1);
  });

  it('gives its own changes at once, and keeps no value longer than it is stored', async () => {
    const { clock } = world;
    const { cache } = module;
    await world.hearsOfChanges(module);
    await cache.set('a', 1, 5);
    await cache.get('a', near);
    await cache.set('a', 2, 5);
    expect(await cache.get('a', near)).to.equal(2);
    expect(await cache.get('a', near)).to.equal(2);
    await cache.delete('a');
    expect(await cache.get('a', near)).to.equal(undefined);
    await cache.set('a', 3, 5);
    await until('what was told of the changes is there', async () => {
      await cache.get('a', near);
      return cache.metrics.near_entries === 1;
    });
    await clock.advance(5001);
    expect(await cache.get('a', near)).to.equal(undefined);
  });

  it('asks the daemon when the value is older than the caller takes', async () => {
    const { asked, clock } = world;
    const { cache } = module;
    await world.hearsOfChanges(module);
    await cache.set('a', 1, 60);
    await cache.get('a', near);
    await until('it is near', async () => {
      await cache.get('a', near);
      return cache.metrics.near_entries === 1;
    });
    asked.length = 0;
    await clock.advance(2000);
    await cache.get('a', { nearSeconds: 3 });
    expect(asked).to.deep.equal([]);
    await cache.get('a', { nearSeconds: 1 });
    await cache.get('a');
    expect(asked).to.deep.equal(['get a', 'get a']);
  });

  it('forgets all that is near when the link is new, and when events were lost', async () => {
    const { daemon, shared } = world;
    const { cache, link } = module;
    await cache.set('a', 1, 60);
    await world.hearsOfChanges(module);
    await cache.get('a', near);
    expect(cache.metrics.near_entries).to.equal(1);
    cache.take('events.lost', { subscription: 'of somebody else', count: 1 });
    expect(cache.metrics.near_entries).to.equal(1);
    cache.take('events.event', {
      subscription: 'of somebody else',
      event: { topic: 'system.cache.changed', data: { keys: null } },
    });
    expect(cache.metrics.near_entries).to.equal(0);
    await cache.get('a', near);
    expect(cache.metrics.near_entries).to.equal(1);
    await world.goesAway(module);
    await shared.set('a', 2, 60);
    await daemon.start();
    await until('the link is back', () => link.isUp);
    expect(cache.metrics.near_entries).to.equal(0);
    expect(await cache.get('a', near)).to.equal(2);
  });
});
