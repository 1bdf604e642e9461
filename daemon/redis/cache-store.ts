/**
 * The cache in Redis, shared by the daemons of several hosts. Whenever Redis does not answer in time,
 * or refuses, the daemon's own memory takes its place, until Redis has taken a value again and
 * everything that was changed here meanwhile is deleted there: so an old value never comes back after
 * a newer one.
 */
import type { ChainableCommander, Redis } from 'ioredis';
import type { RedisStatus } from '../../rpc/shapes-redis.ts';
import type { CacheStore, Kept, OnChange, StoreStats } from '../cache/store.ts';
import type { System } from '../system.ts';
import { redisAddress } from './address.ts';
import { RedisConnection } from './connection.ts';
import { DirtyKeys } from './dirty-keys.ts';
import { keptOf, readCommands } from './kept.ts';
import { inWords, isRefusal, type Outage } from './session.ts';
import { answersOf, tryOut } from './trial.ts';

export interface RedisStoreOptions {
  readonly system: System;
  readonly url: string;
  /** Holds the values while Redis does not answer; begins empty each time. */
  readonly newFallback: () => CacheStore;
  readonly onChange: OnChange;
  /** Once for each outage. */
  readonly onDown: (outage: Outage) => void;
  readonly onReturn: () => void;
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
  /** Why it is not asked although it answers. */
  #declined: (Outage & { readonly since: string }) | null = null;
  #isAway = false;
  #isReturning = false;
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
      onUp: (commands) => this.#tryReturn(commands),
      onDown: (outage) => {
        this.#declined = null;
        this.#isAway = true;
        this.#leave();
        options.onDown(outage);
      },
      onAlive: (commands) => this.#tryReturn(commands),
    });
  }

  /** Whether requests go to Redis at present. */
  get isAsked(): boolean {
    return this.#commands !== null;
  }

  get figures(): RedisStoreFigures {
    const { status } = this.#connection;
    const redis = status.state === 'up' ? { ...status, ...this.#declined } : status;
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
    const answered = await this.#answered(answersOf(pipeline));
    if (answered?.kind === 'said') return answered.said;
    if (this.#commands !== commands) return null;
    this.#leave();
    // One late answer is no outage: whether there is one is told by the next ping.
    if (answered?.outage.state === 'refusing') this.#decline(answered.outage);
    return null;
  }

  /** Null when the connection broke, which is told by itself. */
  async #answered<T>(asked: Promise<T | null>): Promise<Answered<T> | null> {
    this.#pending += 1;
    try {
      const said = await this.#orLate(asked.finally(() => (this.#pending -= 1)));
      if (said !== 'late') return said === null ? null : { kind: 'said', said };
      this.#timeouts += 1;
      const why = `it has not answered within ${this.#answerMsMax} ms`;
      return { kind: 'outage', outage: { state: 'stalled', why } };
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return { kind: 'outage', outage: { state: 'refusing', why: inWords(error) } };
    }
  }

  #orLate<T>(answered: Promise<T>): Promise<T | 'late'> {
    return new Promise((resolve, reject) => {
      // In a later turn: after a pause of this process the answer may wait to be read.
      const late = (): void => void setImmediate(() => resolve('late'));
      const timer = this.#options.system.after(this.#answerMsMax, late);
      answered.finally(() => timer.cancel()).then(resolve, reject);
    });
  }

  get #answerMsMax(): number {
    return this.#options.answerMsMax ?? answerMsMaxDefault;
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

  /** It answers, and is of no use. Told once, until it is asked again. */
  #decline(outage: Outage): void {
    const isNew = this.#declined === null;
    const since = new Date(this.#options.system.now()).toISOString();
    this.#declined = { since: this.#declined?.since ?? since, ...outage };
    this.#isAway = true;
    if (isNew) this.#options.onDown(outage);
  }

  #tryReturn(commands: Redis): void {
    if (this.#commands !== null || this.#isReturning) return;
    this.#isReturning = true;
    void this.#return(commands).finally(() => (this.#isReturning = false));
  }

  /** Redis takes a value: what was changed here without it is deleted there, and then it is asked. */
  async #return(commands: Redis): Promise<void> {
    const ours = { key: keyPrefix, channel: this.#channel, news: this.#news('') };
    const tried = await this.#answered(tryOut(commands, ours));
    if (tried === null) return;
    if (tried.kind === 'outage') {
      this.#decline(tried.outage);
      return;
    }
    try {
      if (!(await this.#dirty.deleteFrom(commands))) return;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.#decline({ state: 'refusing', why: inWords(error) });
      return;
    }
    if (this.#connection.commands !== commands) return;
    this.#commands = commands;
    this.#declined = null;
    const fallback = this.#fallback;
    this.#fallback = null;
    void fallback?.close();
    this.#options.onChange(null);
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#options.onReturn();
  }

  #news(key: string): string {
    return `${this.#origin} ${key}`;
  }

  #hear(message: string): void {
    const space = message.indexOf(' ');
    if (space === -1 || message.slice(0, space) === this.#origin) return;
    const key = message.slice(space + 1);
    // It only tries whether it may tell.
    if (key === '') return;
    void this.#fallback?.delete(key);
    this.#options.onChange(key);
  }
}

type Answered<T> =
  | { readonly kind: 'said'; readonly said: T }
  | { readonly kind: 'outage'; readonly outage: Outage };
