/**
 * The cache of the daemon as a module sees it: shared with all other modules, and never worth waiting
 * for. Without it `getOrSet` still gives what it was asked for.
 */
import { checkValueSize } from '../../rpc/cache-limits.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Peer } from '../../rpc/peer.ts';
import type { Cached } from '../../rpc/shapes-cache.ts';
import { CacheCalls, type CacheCallsOptions, isUnanswered } from './cache/calls.ts';
import { CacheChanges } from './cache/changes.ts';
import { type Clock, realClock } from './clock.ts';
import { NearCache, type Read } from './cache/near-cache.ts';
import { type Flight, SingleFlight } from './cache/single-flight.ts';

export interface CacheReadOptions {
  /**
   * A value that this module has read itself, at most so many seconds ago, will do, unless the daemon
   * has told meanwhile that somebody changed it. Such values are frozen. At most 60; default 0: the
   * daemon is asked each time.
   */
  readonly nearSeconds?: number;
  readonly signal?: AbortSignal;
}

export interface CacheMetrics {
  /** Values that the daemon had. */
  readonly hits: number;
  readonly misses: number;
  /** Values that had been kept in the module. */
  readonly near_hits: number;
  readonly near_entries: number;
  /** Calls of loaders, and how many of them failed. */
  readonly loads: number;
  readonly load_failures: number;
  /** Requests to the daemon that it did not answer, or for which there was no link. */
  readonly unanswered: number;
}

/** Keys are shared by all modules: begin them with the name of yours, such as `feed:ticker:BTCUSDT`. */
export interface Cache {
  /** Undefined when there is nothing, and when the daemon does not answer within a second. */
  get(key: string, options?: CacheReadOptions): Promise<unknown>;
  /**
   * Rejects what is more than 512 KB of JSON, and when there is no link or the daemon does not answer
   * within a second: whether the value is set is not known then.
   * @param ttlSeconds fractions allowed; default: `default_ttl` of infrastructure.yaml
   */
  set(key: string, value: unknown, ttlSeconds?: number): Promise<void>;
  /** Whether there was anything. Rejects as `set`. */
  delete(key: string): Promise<boolean>;
  /**
   * What is stored, else what `load` gives, which is stored then. Callers of this module who ask for
   * the same key at once share one load, and the object that it gives; what it throws reaches all of
   * them and is not stored, nor is anything when this module has set or deleted the key meanwhile or,
   * with `nearSeconds`, has heard that another one has. A caller whose signal is aborted leaves the others waiting; the signal
   * that `load` gets is aborted when nobody waits any more. Undefined is not stored. While the daemon
   * does not answer every call loads, unless `nearSeconds` allows for what was loaded before.
   * @param ttlSeconds fractions allowed
   */
  getOrSet<T>(
    key: string,
    ttlSeconds: number,
    load: (signal: AbortSignal) => T | Promise<T>,
    options?: CacheReadOptions,
  ): Promise<T>;
  /** Since the start, for the module's health or its own metrics. */
  readonly metrics: CacheMetrics;
}

export interface ModuleCacheOptions extends Omit<CacheCallsOptions, 'clock'> {
  readonly clock?: Pick<Clock, 'monotonicMs'>;
}

const nearSecondsMax = 60;
const nearLimits = { entriesMax: 1000, bytesMax: 8 * 1024 * 1024 };

type Found = { readonly kind: 'hit'; readonly value: unknown } | { readonly kind: 'miss' | 'away' };

export class ModuleCache implements Cache {
  readonly #log: ModuleCacheOptions['log'];
  readonly #calls: CacheCalls;
  readonly #near: NearCache;
  readonly #changes: CacheChanges;
  readonly #flights = new SingleFlight();
  readonly #counts = { hits: 0, misses: 0, nearHits: 0, loads: 0, loadFailures: 0 };

  constructor(options: ModuleCacheOptions) {
    const { clock = realClock, log } = options;
    this.#log = log;
    this.#calls = new CacheCalls({ ...options, clock });
    this.#near = new NearCache({ nowMs: () => clock.monotonicMs(), ...nearLimits });
    this.#changes = new CacheChanges({ onChange: (keys) => this.#forget(keys), log });
  }

  async get(key: string, { nearSeconds = 0, signal }: CacheReadOptions = {}): Promise<unknown> {
    const near = this.#findNear(key, nearSeconds);
    if (near !== null) return near.value;
    const found = await this.#read(key, nearSeconds > 0, signal);
    return found.kind === 'hit' ? found.value : undefined;
  }

  async set(key: string, value: unknown, ttlSeconds?: number): Promise<void> {
    // A message that is too long would cost the link.
    if (value !== undefined) checkValueSize(key, JSON.stringify(value));
    const params = { key, value, ...(ttlSeconds === undefined ? {} : { ttl: ttlSeconds }) };
    await this.#change(key, 'cache.set', params);
  }

  async delete(key: string): Promise<boolean> {
    return ((await this.#change(key, 'cache.delete', { key })) as { deleted: boolean }).deleted;
  }

  async getOrSet<T>(
    key: string,
    ttlSeconds: number,
    load: (signal: AbortSignal) => T | Promise<T>,
    { nearSeconds = 0, signal }: CacheReadOptions = {},
  ): Promise<T> {
    if (!(ttlSeconds > 0))
      throw new RangeError(`cannot cache ${key}: a ttl of ${ttlSeconds} s is not above 0`);
    const near = this.#findNear(key, nearSeconds);
    if (near !== null) return near.value as T;
    const work = (flight: Flight) =>
      this.#readOrLoad(key, ttlSeconds, load, nearSeconds > 0, flight);
    return (await this.#flights.run(key, work, signal)) as T;
  }

  get metrics(): CacheMetrics {
    const { hits, misses, nearHits, loads, loadFailures } = this.#counts;
    return {
      hits,
      misses,
      near_hits: nearHits,
      near_entries: this.#near.size,
      loads,
      load_failures: loadFailures,
      unanswered: this.#calls.unansweredCount,
    };
  }

  /** There is a link, or a new one. */
  connected(peer: Peer): void {
    this.#calls.connected();
    this.#changes.connected(peer);
  }

  /** Takes what the daemon sends on the present link. */
  take(method: string, params: unknown): void {
    this.#changes.take(method, params);
  }

  #findNear(key: string, nearSeconds: number): { readonly value: unknown } | null {
    if (!(nearSeconds >= 0 && nearSeconds <= nearSecondsMax))
      throw new RangeError(`nearSeconds is from 0 to ${nearSecondsMax}, not ${nearSeconds}`);
    if (nearSeconds === 0) return null;
    this.#changes.start();
    const near = this.#near.get(key, nearSeconds * 1000);
    if (near !== null) this.#counts.nearHits += 1;
    return near;
  }

  async #readOrLoad(
    key: string,
    ttlSeconds: number,
    load: (signal: AbortSignal) => unknown,
    isNear: boolean,
    flight: Flight,
  ): Promise<unknown> {
    const found = await this.#read(key, isNear, flight.signal);
    if (found.kind === 'hit') return found.value;
    const loaded = () => this.#load(load, flight.signal);
    if (found.kind === 'away' && isNear) return this.#keepLoaded(key, ttlSeconds, loaded);
    const value = await loaded();
    // What was set meanwhile is newer than what began to be loaded before.
    if (found.kind === 'miss' && value !== undefined && !flight.isForgotten)
      await this.#store(key, value, ttlSeconds);
    return value;
  }

  async #read(key: string, isNear: boolean, signal?: AbortSignal): Promise<Found> {
    const ask = (params: object) => this.#calls.ask('cache.get', params, signal) as Promise<Cached>;
    try {
      const answer =
        isNear && this.#changes.isLive
          ? await this.#near.keep(key, async () => asRead(await ask({ key, near: true })))
          : asRead(await ask({ key }));
      this.#counts[answer === null ? 'misses' : 'hits'] += 1;
      return answer === null ? { kind: 'miss' } : { kind: 'hit', value: answer.value };
    } catch (error) {
      if (!isUnanswered(error)) throw error;
      return { kind: 'away' };
    }
  }

  async #load(load: (signal: AbortSignal) => unknown, signal: AbortSignal): Promise<unknown> {
    this.#counts.loads += 1;
    try {
      return await load(signal);
    } catch (error) {
      this.#counts.loadFailures += 1;
      throw error;
    }
  }

  /** As it would be had it been stored, so that nobody sees whether the daemon was there. */
  async #keepLoaded(key: string, ttlSeconds: number, load: () => Promise<unknown>) {
    const read = await this.#near.keep(key, async (): Promise<Read | null> => {
      const value = await load();
      if (value === undefined) return null;
      const text = JSON.stringify(value);
      const leftMs = ttlSeconds * 1000;
      return { value: JSON.parse(text) as unknown, leftMs, bytes: Buffer.byteLength(text) };
    });
    return read?.value;
  }

  async #store(key: string, value: unknown, ttlSeconds: number): Promise<void> {
    try {
      await this.set(key, value, ttlSeconds);
    } catch (error) {
      const isRefused = error instanceof RpcError && error.is('refused');
      if (!isRefused && !isUnanswered(error)) throw error;
      if (isRefused) this.#log.warn('a value was not cached', { key, error });
    }
  }

  /** What is near is not good any more as soon as it is asked for, and whatever the answer is. */
  async #change(key: string, method: string, params: object): Promise<unknown> {
    this.#forget([key]);
    try {
      return await this.#calls.ask(method, params);
    } finally {
      this.#forget([key]);
    }
  }

  #forget(keys: readonly string[] | null): void {
    if (keys === null) {
      this.#near.forgetAll();
      this.#flights.forgetAll();
    }
    for (const key of keys ?? []) {
      this.#near.forget(key);
      this.#flights.forget(key);
    }
  }
}

function asRead({ hit, value, ttl = 0, bytes = 0 }: Cached): Read | null {
  return hit ? { value, leftMs: ttl * 1000, bytes } : null;
}
