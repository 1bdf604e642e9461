// What every backend of the cache keeps to, whichever it is.
import { expect } from 'chai';
import { afterEach, beforeEach, it } from 'mocha';
import fc from 'fast-check';
import type { CacheStore } from '../../daemon/cache/store.ts';

export interface StoreUnderTest {
  readonly store: CacheStore;
  /** Lets so much time pass for what is in it. */
  readonly advance: (byMs: number) => Promise<void>;
  /** What is left of it after the test. */
  readonly remove: () => Promise<void>;
}

const seed = 71;

/** Belongs into a `describe` that names the backend. Each test gets an empty one. */
export function itIsACacheStore(create: () => Promise<StoreUnderTest>): void {
  let held: StoreUnderTest;
  let store: CacheStore;

  beforeEach(async () => {
    held = await create();
    store = held.store;
  });
  afterEach(() => held.remove());

  async function textOf(key: string): Promise<string | null> {
    return (await store.get(key))?.text ?? null;
  }

  it('has nothing at first, and gives what was set last', async () => {
    expect(await store.get('a')).to.equal(null);
    await store.set('a', '1', 1000);
    await store.set('b', '2', 1000);
    await store.set('a', '{"x":3}', 1000);
    expect([await textOf('a'), await textOf('b'), await textOf('c')]).to.deep.equal([
      '{"x":3}',
      '2',
      null,
    ]);
  });

  it('gives nothing that has expired: TTLs of 5, 1 and 60 s (row 71)', async () => {
    await store.set('ticker', '1', 5000);
    await store.set('book', '2', 1000);
    await store.set('klines', '3', 60_000);
    const present = async () => {
      const texts = await Promise.all(['ticker', 'book', 'klines'].map(textOf));
      return texts.map((text) => text !== null);
    };
    await held.advance(900);
    expect(await present()).to.deep.equal([true, true, true]);
    await held.advance(200);
    expect(await present()).to.deep.equal([true, false, true]);
    await held.advance(4000);
    expect(await present()).to.deep.equal([false, false, true]);
    await held.advance(55_000);
    expect(await present()).to.deep.equal([false, false, false]);
    expect(await store.delete('book')).to.equal(false);
  });

  it('says how long a value is still good, and counts anew when it is set again', async () => {
    await store.set('a', '1', 5000);
    await held.advance(3000);
    expect((await store.get('a'))?.leftMs).to.be.within(1, 2000);
    await store.set('a', '2', 5000);
    await held.advance(3000);
    expect(await textOf('a')).to.equal('2');
    await held.advance(3000);
    expect(await textOf('a')).to.equal(null);
  });

  it('deletes, and says whether there was anything', async () => {
    await store.set('a', '1', 1000);
    expect([await store.delete('a'), await store.delete('a')]).to.deep.equal([true, false]);
    expect(await store.get('a')).to.equal(null);
  });

  it('keeps keys of any Unicode apart, also those that look like another’s path or pattern', async () => {
    const keys = [
      'é',
      'e\u0301',
      'a',
      'A',
      'a:b',
      'a*',
      'a?',
      '[a]',
      '日本',
      '😀',
      ' ',
      '__proto__',
    ];
    for (const [at, key] of keys.entries()) await store.set(key, String(at), 1000);
    expect(await Promise.all(keys.map(textOf))).to.deep.equal(keys.map((_, at) => String(at)));
    expect(await store.delete('a*')).to.equal(true);
    expect(await textOf('a')).to.equal('2');
    expect(await store.get('constructor')).to.equal(null);
  });

  it(`gives any JSON back as it was, to the letter (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), fc.string({ unit: 'grapheme' }), async (value, key) => {
        const text = JSON.stringify(value);
        await store.set(`k${key}`, text, 1000);
        expect(await textOf(`k${key}`)).to.equal(text);
      }),
      { seed, numRuns: 100 },
    );
  });

  it('takes a value of a megabyte', async () => {
    const text = JSON.stringify('é'.repeat(512 * 1024));
    await store.set('a', text, 1000);
    expect((await textOf('a')) === text).to.equal(true);
  });

  it('does what is asked at once in the order in which it was asked', async () => {
    const answers = await Promise.all([
      store.set('a', '1', 1000),
      textOf('a'),
      store.set('a', '2', 1000),
      textOf('a'),
      store.delete('a'),
      textOf('a'),
      store.set('a', '3', 1000),
      ...Array.from({ length: 100 }, () => textOf('a')),
    ]);
    expect(answers.slice(0, 7)).to.deep.equal([
      undefined,
      '1',
      undefined,
      '2',
      true,
      null,
      undefined,
    ]);
    expect(new Set(answers.slice(7))).to.deep.equal(new Set(['3']));
  });

  it('counts what it holds, or says that it cannot', async () => {
    expect(await store.stats()).to.have.all.keys('entries', 'bytes', 'evictions');
    await store.set('aé', '"日"', 1000);
    await store.set('b', '1', 2000);
    const { entries, bytes, evictions } = await store.stats();
    expect([entries, bytes, evictions]).to.deep.equal([
      entries === null ? null : 2,
      bytes === null ? null : 10,
      0,
    ]);
    await held.advance(1500);
    const later = await store.stats();
    expect(later.entries).to.be.oneOf([null, 1]);
  });

  it('closes, also twice', async () => {
    await store.set('a', '1', 1000);
    await store.close();
    await store.close();
  });
}
