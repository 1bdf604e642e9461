import { expect } from 'chai';
import { beforeEach, describe, it } from 'mocha';
import fc from 'fast-check';
import { NearCache, type Read } from '../../../../modules/api/cache/near-cache.ts';
import { failure } from '../../../rpc/failure.ts';

const seed = 6002;

describe('values kept near', () => {
  let nowMs: number;
  let near: NearCache;

  beforeEach(() => {
    nowMs = 1000;
    near = new NearCache({ nowMs: () => nowMs, entriesMax: 3, bytesMax: 100 });
  });

  const found = (value: unknown, { leftMs = 10_000, bytes = 10 } = {}): Promise<Read> =>
    Promise.resolve({ value, leftMs, bytes });

  it('are given until they are too old for whoever asks, or have expired', async () => {
    await near.keep('a', () => found(1, { leftMs: 3000 }));
    expect(near.get('a', 0)).to.deep.include({ value: 1 });
    nowMs += 2000;
    expect(near.get('a', 1999)).to.equal(null);
    expect(near.get('a', 2000)).to.deep.include({ value: 1 });
    nowMs += 1000;
    expect(near.get('a', 60_000)).to.equal(null);
    expect(near.size).to.equal(0);
  });

  it('are as old as the question, not as its answer', async () => {
    await near.keep('a', () => ((nowMs += 500), found(1, { leftMs: 1000 })));
    expect(near.get('a', 499)).to.equal(null);
    nowMs += 500;
    expect(near.get('a', 10_000)).to.equal(null);
  });

  it('are frozen to their depths', async () => {
    await near.keep('a', () => found({ deep: [{ x: 1 }] }));
    const { value } = near.get('a', 1000) as { value: { deep: { x: number }[] } };
    expect(() => (value.deep[0]!.x = 2)).to.throw(TypeError);
    expect(() => value.deep.push({ x: 1 })).to.throw(TypeError);
  });

  it('are as few, and as small, as they may be: what was asked for longest ago goes', async () => {
    for (const key of ['a', 'b', 'c']) await near.keep(key, () => found(key));
    near.get('a', 1000);
    await near.keep('d', () => found('d'));
    expect(['a', 'b', 'c', 'd'].map((key) => near.get(key, 1000) !== null)).to.deep.equal([
      ...[true, false, true, true],
    ]);
    await near.keep('e', () => found('e', { bytes: 85 }));
    expect(['a', 'c', 'd', 'e'].map((key) => near.get(key, 1000) !== null)).to.deep.equal([
      ...[false, false, true, true],
    ]);
    await near.keep('e', () => found('e', { bytes: 101 }));
    expect([near.get('e', 1000), near.size]).to.deep.equal([null, 1]);
  });

  it('are not kept when their key is forgotten while they are read; who asked gets them', async () => {
    for (const forget of [() => near.forget('a'), () => near.forgetAll()]) {
      const read = near.keep('a', async () => {
        await new Promise(setImmediate);
        return found('old');
      });
      forget();
      expect(await read).to.have.property('value', 'old');
      expect(near.get('a', 1000)).to.equal(null);
    }
    await near.keep('a', () => found('new'));
    expect(near.get('a', 1000)).to.deep.include({ value: 'new' });
  });

  it('are not what failed, or was not there', async () => {
    await near.keep('a', () => Promise.resolve(null));
    const broken = near.keep('a', () => Promise.reject(new Error('broken')));
    expect(await failure(broken)).to.have.property('message', 'broken');
    expect(near.size).to.equal(0);
  });

  /*
   * The daemon is a list of versions per key. Reads, their answers and the news of changes travel as
   * slowly, and overtake each other as much, as the seed says; the news of one connection come in the
   * order of the changes.
   */
  it(`are never older than the last news of their key, in whatever order things arrive (seed ${seed})`, async () => {
    const key = fc.constantFrom('a', 'b');
    const weighted = <T>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });
    const action = fc.oneof(
      weighted(4, fc.record({ kind: fc.constant('read' as const), key })),
      weighted(2, fc.record({ kind: fc.constant('change' as const), key })),
      weighted(4, fc.record({ kind: fc.constant('process' as const), pick: fc.nat() })),
      weighted(4, fc.record({ kind: fc.constant('answer' as const), pick: fc.nat() })),
      weighted(2, fc.record({ kind: fc.constant('news' as const) })),
      weighted(1, fc.record({ kind: fc.constant('lost' as const) })),
    );
    let keptCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 5, maxLength: 80 }), async (actions) => {
        const world = new World();
        for (const one of actions) {
          await world.act(one);
          keptCount += world.check();
        }
      }),
      { seed, numRuns: 400 },
    );
    // It would hold of a cache that keeps nothing, too.
    expect(keptCount).to.be.greaterThan(500);
  });
});

type Action =
  | { kind: 'read' | 'change'; key: string }
  | { kind: 'process' | 'answer'; pick: number }
  | { kind: 'news' | 'lost' };

interface Reading {
  readonly key: string;
  version: number | null;
  readonly answer: (read: Read) => void;
}

class World {
  readonly #near = new NearCache({ nowMs: () => 0, entriesMax: 10, bytesMax: 1000 });
  /** In the daemon. */
  readonly #versions = new Map([
    ['a', 0],
    ['b', 0],
  ]);
  readonly #watched = new Set<string>();
  #news: { key: string; version: number }[] = [];
  /** What the module has been told. */
  readonly #known = new Map<string, number>();
  readonly #asked: Reading[] = [];
  readonly #processed: Reading[] = [];

  async act(action: Action): Promise<void> {
    if (action.kind === 'read') {
      const { key } = action;
      const found = new Promise<Read>((answer) => this.#asked.push({ key, version: null, answer }));
      void this.#near.keep(key, () => found);
    } else if (action.kind === 'change') this.#change(action.key);
    else if (action.kind === 'process') {
      for (const reading of taken(this.#asked, action.pick)) {
        this.#watched.add(reading.key);
        reading.version = this.#versions.get(reading.key)!;
        this.#processed.push(reading);
      }
    } else if (action.kind === 'answer') {
      for (const { answer, version } of taken(this.#processed, action.pick))
        answer({ value: version, leftMs: 1000, bytes: 1 });
    } else if (action.kind === 'news') {
      for (const { key, version } of taken(this.#news, 0)) this.#tell(key, version);
    } else {
      for (const { key, version } of this.#news) this.#known.set(key, version);
      this.#news = [];
      this.#near.forgetAll();
    }
    await new Promise(setImmediate);
  }

  /** How many values are near; throws when one is older than what the module was told. */
  check(): number {
    let count = 0;
    for (const key of this.#versions.keys()) {
      const kept = this.#near.get(key, 1000);
      if (kept === null) continue;
      count += 1;
      expect(kept.value).to.be.least(this.#known.get(key) ?? 0);
      // What is kept and old has news on the way: nothing stays wrong for good.
      const isOld = (kept.value as number) < this.#versions.get(key)!;
      if (isOld) expect(this.#news.map((one) => one.key)).to.include(key);
    }
    return count;
  }

  #change(key: string): void {
    const version = this.#versions.get(key)! + 1;
    this.#versions.set(key, version);
    if (this.#watched.delete(key)) this.#news.push({ key, version });
  }

  #tell(key: string, version: number): void {
    this.#known.set(key, version);
    this.#near.forget(key);
  }
}

function taken<T>(list: T[], pick: number): T[] {
  return list.length === 0 ? [] : list.splice(pick % list.length, 1);
}
