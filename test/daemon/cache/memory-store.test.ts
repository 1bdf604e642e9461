import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import fc from 'fast-check';
import { MemoryStore } from '../../../daemon/cache/memory-store.ts';
import { itIsACacheStore } from '../../conformance/cache.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const seed = 71;

describe('the cache in the daemon’s memory', () => {
  itIsACacheStore(() => {
    const system = new FakeClock();
    const limits = { entriesMax: 1000, bytesMax: 64 * 1024 * 1024 };
    return Promise.resolve({
      store: new MemoryStore({ system, limits: () => limits }),
      advance: (byMs: number) => system.advance(byMs),
      remove: () => Promise.resolve(),
    });
  });
});

describe('a full cache in the daemon’s memory', () => {
  let system: FakeClock;
  let limits: { entriesMax: number; bytesMax: number };
  let store: MemoryStore;

  beforeEach(() => {
    system = new FakeClock();
    limits = { entriesMax: 3, bytesMax: 1000 };
    store = new MemoryStore({ system, limits: () => limits });
  });

  async function holds(...keys: string[]): Promise<string> {
    const found = await Promise.all(keys.map((key) => store.get(key)));
    return keys.filter((_, at) => found[at] !== null).join(' ');
  }

  it('drops what was asked for longest ago (row 71)', async () => {
    for (const key of ['a', 'b', 'c']) await store.set(key, '1', 1000);
    await store.get('a');
    await store.set('d', '1', 1000);
    expect(await holds('a', 'b', 'c', 'd')).to.equal('a c d');
    expect((await store.stats()).evictions).to.equal(1);
  });

  it('drops what has expired before anything that is alive', async () => {
    await store.set('old', '1', 5000);
    await store.set('short', '1', 100);
    await store.set('new', '1', 5000);
    await system.advance(200);
    await store.set('more', '1', 5000);
    expect(await holds('old', 'short', 'new', 'more')).to.equal('old new more');
    expect((await store.stats()).evictions).to.equal(0);
  });

  it('replaces a value without dropping another', async () => {
    for (const key of ['a', 'b', 'c', 'a', 'b']) await store.set(key, '2', 1000);
    expect(await holds('a', 'b', 'c')).to.equal('a b c');
  });

  it('makes as many bytes free as the new value needs', async () => {
    limits.entriesMax = 100;
    const text = JSON.stringify('x'.repeat(300));
    for (const key of ['a', 'b', 'c']) await store.set(key, text, 1000);
    await store.set('d', JSON.stringify('x'.repeat(600)), 1000);
    expect(await holds('a', 'b', 'c', 'd')).to.equal('c d');
    const { bytes, evictions } = await store.stats();
    expect([bytes, evictions]).to.deep.equal([303 + 603, 2]);
  });

  it('has the size of a new configuration from the next value on', async () => {
    for (const key of ['a', 'b', 'c']) await store.set(key, '1', 1000);
    limits = { ...limits, entriesMax: 2 };
    await store.set('d', '1', 1000);
    expect(await holds('a', 'b', 'c', 'd')).to.equal('c d');
    limits = { ...limits, entriesMax: 4 };
    await store.set('e', '1', 1000);
    await store.set('f', '1', 1000);
    expect(await holds('c', 'd', 'e', 'f')).to.equal('c d e f');
  });

  it('does not search a large cache for expired values at every set', async () => {
    limits = { entriesMax: 10_000, bytesMax: 10_000_000 };
    const numbered = Array.from({ length: 10_000 }, (_, at) => `k${at}`);
    // Each millisecond one more has expired.
    for (const [at, key] of numbered.entries()) await store.set(key, '1', 1000 + at);
    for (let at = 0; at < 1000; at += 1) {
      await system.advance(2);
      await store.set(`new${at}`, '1', 1000);
    }
    // One of each of these sets would have had an expired one to drop, but for the first five hundred.
    const { evictions } = await store.stats();
    expect(evictions).to.be.within(900, 1000);
  });

  it(`never holds more than it may, nor anything expired or replaced (seed ${seed})`, async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set' as const), key, length: fc.nat(700), ttl: fc.nat(50) }),
      fc.record({ kind: fc.constant('get' as const), key }),
      fc.record({ kind: fc.constant('delete' as const), key }),
      fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(30) }),
      fc.record({
        kind: fc.constant('limit' as const),
        entriesMax: fc.integer({ min: 1, max: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        system = new FakeClock();
        limits = { entriesMax: 3, bytesMax: 1000 };
        store = new MemoryStore({ system, limits: () => limits });
        const last = new Map<string, { text: string; expiresMs: number }>();
        for (const one of steps) {
          if (one.kind === 'wait') await system.advance(one.ms);
          else if (one.kind === 'limit') limits = { ...limits, entriesMax: one.entriesMax };
          else if (one.kind === 'set') {
            const text = JSON.stringify('x'.repeat(one.length));
            const ttlMs = one.ttl + 1;
            await store.set(one.key, text, ttlMs);
            last.set(one.key, { text, expiresMs: system.monotonicMs() + ttlMs });
            const { entries, bytes } = await store.stats();
            expect(entries).to.be.most(limits.entriesMax);
            expect(bytes).to.be.most(limits.bytesMax);
          } else if (one.kind === 'delete') {
            await store.delete(one.key);
            last.delete(one.key);
          } else {
            const kept = await store.get(one.key);
            if (kept === null) continue;
            const expected = last.get(one.key);
            expect(kept.text).to.equal(expected?.text);
            expect(kept.leftMs).to.equal(expected!.expiresMs - system.monotonicMs());
            expect(kept.leftMs).to.be.greaterThan(0);
          }
        }
      }),
      { seed, numRuns: 100 },
    );
  });
});
