/**
 * The cache in Redis, shared by the daemons of several hosts. Whenever Redis does not answer in time,
 * the daemon's own memory takes its place, until Redis has answered again and everything that was
 * changed here meanwhile is deleted there: so an old value never comes back after a newer one.
 */
import type { ChainableCommander, Redis } from 'ioredis';
import type { RedisStatus } from '../../rpc/shapes-redis.ts';
import type { CacheStore, Kept, OnChange, StoreStats } from '../cache/store.ts';
import type { System } from '../system.ts';
import { redisAddress } from './address.ts';
import { RedisConnection } from './connection.ts';
import { DirtyKeys } from './dirty-keys.ts';
import { keptOf, readCommands } from './kept.ts';
import type { Outage } from './session.ts';

export interface RedisStoreOptions {
  readonly system: System;
  readonly url: string;
  /** Holds the values while Redis does not answer; begins empty each time. */
  readonly newFallback: () => CacheStore;
  readonly onChange: OnChange;
  /** Once for each outage. */
  readonly onDown: (outage: Outage) => void;
  readonly onReturn: () => void;
  readonly onFault: (doing: string, err: unknown) => void;
  readonly pingEveryMs?: number;
  /** Default 250. */
  readonly answerMsMax?: number;
}

export interface RedisStoreFigures {
  readonly redis: RedisStatus;
  /** Requests that Redis did not answer in time. */
  readonly timeouts: number;
  /** Requests that the daemon's own memory answered. */
  readonly inMemory: number;
}

const keyPrefix = 'superbot:cache:';
/** Whoever asks a cache has no time to lose. */
const answerMsMaxDefault = 250;
/** Under way at once; what comes beyond it is answered out of memory. */
const pendingMax = 10_000;

export class RedisStore implements CacheStore {
  readonly #options: RedisStoreOptions;
  readonly #origin: string;
  readonly #channel: string;
  readonly #connection: RedisConnection;
  readonly #dirty = new DirtyKeys(keyPrefix);
  /** Null while the fallback answers. */
  #commands: Redis | null = null;
  #fallback: CacheStore | null = null;
  #isAway = false;
  #isCleaning = false;
  #isFaultTold = false;
  #pending = 0;
  #timeouts = 0;
  #inMemory = 0;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    const address = redisAddress(options.url);
    this.#origin = options.system.randomHex(8);
    // Apart from those of events. Publishing knows no databases.
    this.#channel = address.db === 0 ? 'superbot-cache' : `superbot-cache-${address.db}`;
    this.#connection = new RedisConnection({
      system: options.system,
      address,
      pingEveryMs: options.pingEveryMs,
      listener: {
        pattern: this.#channel,
        take: (_channel, message) => this.#hear(message.toString()),
      },
      onUp: (commands) => {
        this.#isFaultTold = false;
        this.#clean(commands);
      },
      onDown: (outage) => {
        this.#isAway = true;
        this.#leave();
        options.onDown(outage);
      },
      onAlive: (commands) => this.#clean(commands),
    });
  }

  /** Whether requests go to Redis at present. */
  get isAsked(): boolean {
    return this.#commands !== null;
  }

  get figures(): RedisStoreFigures {
    const redis = this.#connection.status;
    return { redis, timeouts: this.#timeouts, inMemory: this.#inMemory };
  }

  /** Returns at once, whether there is a Redis or not. */
  start(): void {
    this.#connection.start();
  }

  async get(key: string): Promise<Kept | null> {
    const answers = await this.#ask((pipeline) => readCommands(pipeline, keyPrefix + key));
    return answers === null ? this.#inFallback().get(key) : keptOf(answers);
  }

  async set(key: string, text: string, ttlMs: number): Promise<void> {
    const answers = await this.#ask((pipeline) =>
      pipeline.set(keyPrefix + key, text, 'PX', ttlMs).publish(this.#channel, this.#news(key)),
    );
    if (answers !== null) return;
    this.#dirty.add(key);
    await this.#inFallback().set(key, text, ttlMs);
  }

  async delete(key: string): Promise<boolean> {
    const answers = await this.#ask((pipeline) =>
      pipeline.del(keyPrefix + key).publish(this.#channel, this.#news(key)),
    );
    if (answers !== null) return answers[0] === 1;
    this.#dirty.add(key);
    return this.#inFallback().delete(key);
  }

  stats(): Promise<StoreStats> {
    return Promise.resolve({ entries: null, bytes: null, evictions: 0 });
  }

  async close(): Promise<void> {
    this.#commands = null;
    await this.#connection.stop();
    await this.#fallback?.close();
  }

  /** What Redis answers to each command; null when it does not, or not in time. */
  async #ask(add: (pipeline: ChainableCommander) => unknown): Promise<unknown[] | null> {
    const commands = this.#commands;
    if (commands === null || this.#pending >= pendingMax) return null;
    const pipeline = commands.pipeline();
    add(pipeline);
    this.#pending += 1;
    const answered = pipeline.exec().finally(() => (this.#pending -= 1));
    const answers = await this.#inTime(answered);
    const refusal = answers === 'late' || answers === null ? null : refusalIn(answers);
    if (answers !== 'late' && answers !== null && refusal === null)
      return answers.map(([, answer]) => answer);
    if (answers === 'late') this.#timeouts += 1;
    if (refusal !== null) this.#tell('use the cache in Redis', refusal);
    if (this.#commands === commands) this.#leave();
    return null;
  }

  #inTime<T>(answered: Promise<T>): Promise<T | 'late'> {
    return new Promise((resolve, reject) => {
      // In a later turn: after a pause of this process the answer may wait to be read.
      const { system, answerMsMax = answerMsMaxDefault } = this.#options;
      const timer = system.after(answerMsMax, () => setImmediate(() => resolve('late')));
      answered.finally(() => timer.cancel()).then(resolve, reject);
    });
  }

  #inFallback(): CacheStore {
    this.#inMemory += 1;
    return (this.#fallback ??= this.#options.newFallback());
  }

  /** From now on memory answers. What others change there is not heard of any more. */
  #leave(): void {
    if (this.#commands === null) return;
    this.#commands = null;
    this.#options.onChange(null);
  }

  /** Redis answers: what was changed here without it is deleted there, and then it is asked again. */
  #clean(commands: Redis): void {
    if (this.#commands !== null || this.#isCleaning) return;
    this.#isCleaning = true;
    this.#dirty
      .deleteFrom(commands)
      .then(
        (isClean) => isClean && this.#return(commands),
        (err: unknown) => this.#tell('delete from Redis what has changed here', err),
      )
      .finally(() => (this.#isCleaning = false));
  }

  #return(commands: Redis): void {
    if (this.#connection.commands !== commands) return;
    this.#commands = commands;
    const fallback = this.#fallback;
    this.#fallback = null;
    void fallback?.close();
    this.#options.onChange(null);
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#options.onReturn();
  }

  /** Once for each connection: what Redis refuses, it refuses every time. */
  #tell(doing: string, err: unknown): void {
    if (this.#isFaultTold) return;
    this.#isFaultTold = true;
    this.#options.onFault(doing, err);
  }

  #news(key: string): string {
    return `${this.#origin} ${key}`;
  }

  #hear(message: string): void {
    const space = message.indexOf(' ');
    if (space === -1 || message.slice(0, space) === this.#origin) return;
    const key = message.slice(space + 1);
    void this.#fallback?.delete(key);
    this.#options.onChange(key);
  }
}

/** A key of another type is somebody else's: a read of it is a miss, and a write takes its place. */
function refusalIn(answers: readonly (readonly [Error | null, unknown])[]): Error | null {
  const errors = answers.map(([error]) => error);
  return errors.find((error) => error !== null && !error.message.startsWith('WRONGTYPE')) ?? null;
}
