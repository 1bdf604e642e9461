/**
 * The cache that all modules share, in front of whichever backend keeps it: limits, counts, and word
 * to those who keep values near. Nothing in it has to last: a value may be gone at any time.
 */
import { checkValueSize } from '../../rpc/cache-limits.ts';
import type { CacheChanged, CacheStats } from '../../rpc/shapes-cache.ts';
import { HitRate, type Verdict } from './hit-rate.ts';
import type { CacheStore, Kept, OnChange } from './store.ts';
import { WatchedKeys } from './watched-keys.ts';

export interface CacheOptions {
  /** Makes the backend, which tells of the changes of others by the given function. */
  readonly store: (onChange: OnChange) => CacheStore;
  /** Of values that are set without one; asked each time, since a reload may change it. */
  readonly defaultTtlMs: () => number;
  readonly publish: (topic: 'system.cache.changed', data: CacheChanged) => unknown;
  /** The hit rate has become low, or is well again. */
  readonly onVerdict: (verdict: Verdict) => void;
}

/** Of all keys and values of the memory backend. */
export const bytesMax = 64 * 1024 * 1024;
const watchedMax = 10_000;

export class Cache {
  readonly #options: CacheOptions;
  readonly #store: CacheStore;
  readonly #watched = new WatchedKeys(watchedMax);
  readonly #hitRate = new HitRate();

  constructor(options: CacheOptions) {
    this.#options = options;
    this.#store = options.store((key) => this.#changed(key));
  }

  /**
   * Null when there is nothing.
   * @param isWatched whoever asks keeps the answer: the next change of the key is published
   */
  async get(key: string, isWatched = false): Promise<Kept | null> {
    // Before it is read: a change that comes while a slow backend answers must not be missed.
    if (isWatched && !this.#watched.add(key)) this.#publish(null);
    const kept = await this.#store.get(key);
    const verdict = this.#hitRate.count(kept !== null);
    if (verdict !== null) this.#options.onVerdict(verdict);
    return kept;
  }

  /**
   * Rejects with an RpcError what is too large.
   * @param value anything that came as JSON
   * @param ttlSeconds null for the configured one
   */
  async set(key: string, value: unknown, ttlSeconds: number | null): Promise<void> {
    const text = JSON.stringify(value);
    checkValueSize(key, text);
    const ttlMs =
      ttlSeconds === null
        ? this.#options.defaultTtlMs()
        : Math.max(1, Math.round(ttlSeconds * 1000));
    await this.#telling(key, this.#store.set(key, text, ttlMs));
  }

  /** Whether there was anything. */
  delete(key: string): Promise<boolean> {
    return this.#telling(key, this.#store.delete(key));
  }

  async stats(): Promise<CacheStats> {
    const { entries, bytes, evictions } = await this.#store.stats();
    const { hits, misses, rate } = this.#hitRate;
    return { entries, bytes, hits, misses, evictions, hit_rate: rate, cache_hit_rate: rate };
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  /** Also of a change that failed: it may be in force all the same, or later. */
  async #telling<T>(key: string, change: Promise<T>): Promise<T> {
    try {
      return await change;
    } finally {
      this.#changed(key);
    }
  }

  #changed(key: string | null): void {
    if (key === null) {
      if (this.#watched.takeAll()) this.#publish(null);
    } else if (this.#watched.take(key)) this.#publish([key]);
  }

  #publish(keys: readonly string[] | null): void {
    this.#options.publish('system.cache.changed', { keys });
  }
}
