/**
 * The cache in the daemon's own memory. When it is full, what was asked for longest ago goes; but
 * first what has expired.
 */
import type { LRUCache } from 'lru-cache';
import type { System } from '../system.ts';
import type { CacheStore, Kept, StoreStats } from './store.ts';

export interface MemoryLimits {
  readonly entriesMax: number;
  /** Of keys and values, as UTF-8. */
  readonly bytesMax: number;
}

export interface MemoryStoreOptions {
  readonly system: Pick<System, 'monotonicMs'>;
  /** Asked at every set: entries may be fewer or more after a reload. */
  readonly limits: () => MemoryLimits;
}

interface Entry {
  readonly text: string;
  readonly bytes: number;
  /** On the monotonic clock: a clock that is set does not make anything older. */
  readonly expiresMs: number;
}

type Entries = LRUCache<string, Entry>;

/** Up to so many entries a full cache is searched for expired ones whenever there may be one. */
const searchedAlwaysMax = 2000;

export class MemoryStore implements CacheStore {
  readonly #options: MemoryStoreOptions;
  #entries: Promise<Entries> | null = null;
  #evictions = 0;
  /** Nothing expires before; what was deleted meanwhile may have been the reason for it. */
  #earliestMs = Infinity;
  #setsSinceSearch = 0;

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
  }

  async get(key: string): Promise<Kept | null> {
    const entries = await this.#held();
    const entry = entries.get(key);
    if (entry === undefined) return null;
    const leftMs = entry.expiresMs - this.#nowMs();
    if (leftMs > 0) return { text: entry.text, leftMs };
    entries.delete(key);
    return null;
  }

  async set(key: string, text: string, ttlMs: number): Promise<void> {
    const entries = await this.#held();
    const bytes = Buffer.byteLength(key) + Buffer.byteLength(text);
    const expiresMs = this.#nowMs() + ttlMs;
    entries.delete(key);
    this.#makeRoom(entries, bytes);
    entries.set(key, { text, bytes, expiresMs });
    this.#earliestMs = Math.min(this.#earliestMs, expiresMs);
  }

  async delete(key: string): Promise<boolean> {
    const entries = await this.#held();
    const entry = entries.peek(key);
    if (entry === undefined) return false;
    entries.delete(key);
    return entry.expiresMs > this.#nowMs();
  }

  async stats(): Promise<StoreStats> {
    // Metrics are asked for also where nobody uses the cache.
    if (this.#entries === null) return { entries: 0, bytes: 0, evictions: 0 };
    const entries = await this.#held();
    if (this.#nowMs() >= this.#earliestMs) this.#dropExpired(entries);
    const bytes = entries.calculatedSize;
    return { entries: entries.size, bytes, evictions: this.#evictions };
  }

  close(): Promise<void> {
    this.#entries = null;
    return Promise.resolve();
  }

  #nowMs(): number {
    return this.#options.system.monotonicMs();
  }

  #held(): Promise<Entries> {
    return (this.#entries ??= newEntries(this.#options.limits().bytesMax));
  }

  #makeRoom(entries: Entries, bytes: number): void {
    const { entriesMax, bytesMax } = this.#options.limits();
    const isFull = () => entries.size >= entriesMax || entries.calculatedSize + bytes > bytesMax;
    this.#setsSinceSearch += 1;
    if (isFull() && this.#maySearch(entries.size)) this.#dropExpired(entries);
    while (entries.size > 0 && isFull()) {
      entries.pop();
      this.#evictions += 1;
    }
  }

  /** A search goes through everything: in a large cache each has to be earned by many sets. */
  #maySearch(size: number): boolean {
    const isEarned = size <= searchedAlwaysMax || this.#setsSinceSearch * 8 >= size;
    return isEarned && this.#nowMs() >= this.#earliestMs;
  }

  #dropExpired(entries: Entries): void {
    const nowMs = this.#nowMs();
    this.#setsSinceSearch = 0;
    this.#earliestMs = Infinity;
    for (const [key, { expiresMs }] of [...entries.entries()]) {
      if (expiresMs <= nowMs) entries.delete(key);
      else this.#earliestMs = Math.min(this.#earliestMs, expiresMs);
    }
  }
}

/**
 * Loaded with the first request: most daemons have no use for it. Given a number of entries lru-cache
 * would lay out room for all of them at once, so that is counted here; and its own expiry is not used,
 * because it keeps a value through the millisecond in which it expires.
 */
async function newEntries(bytesMax: number): Promise<Entries> {
  const { LRUCache } = await import('lru-cache');
  return new LRUCache({ maxSize: bytesMax, sizeCalculation: ({ bytes }) => bytes });
}
