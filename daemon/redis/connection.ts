/**
 * Keeps a session with Redis for as long as it is wanted: a new one after each that broke, ever more
 * slowly while that fails. One that says nothing any more is noticed by a ping, and given up as well.
 */
import type { Redis } from 'ioredis';
import type { RedisStatus } from '../../rpc/shapes-redis.ts';
import type { System } from '../system.ts';
import { type RedisAddress, shownAddress } from './address.ts';
import { retryDelayMs } from './retry-delay.ts';
import {
  type Listener,
  openSession,
  type Outage,
  RedisUnreachable,
  type Session,
} from './session.ts';

export interface ConnectionOptions {
  readonly system: System;
  readonly address: RedisAddress;
  /** What is to be heard, over a connection of its own; null for nothing. */
  readonly listener: Listener | null;
  /** From now on commands can be sent, and what is published is heard. */
  readonly onUp: (commands: Redis) => void;
  /** Once for each outage, also when the first attempt fails. */
  readonly onDown: (outage: Outage) => void;
  /** It has answered a ping. */
  readonly onAlive: (commands: Redis) => void;
  /** From the end of one ping to the next. Default 2000. */
  readonly pingEveryMs?: number | undefined;
}

const pingEveryMsDefault = 2000;
/** Also of everything that there is to do before a session serves. */
const answerMsMax = 2000;
/** After so long a session earlier failures are forgotten. */
const steadyMs = 10_000;

export class RedisConnection {
  readonly #options: ConnectionOptions;
  readonly #over = new AbortController();
  #kept: Promise<void> | null = null;
  #session: Session | null = null;
  /** Null until the first attempt has ended. */
  #outage: Outage | null = null;
  #since: number;
  #latencyMs: number | null = null;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#since = options.system.now();
  }

  /** Null while there is no Redis that serves. */
  get commands(): Redis | null {
    return this.#session?.commands ?? null;
  }

  get status(): RedisStatus {
    const isUp = this.#session !== null;
    const { state, why } = this.#outage ?? { state: 'down', why: 'it was not reached yet' };
    return {
      address: shownAddress(this.#options.address),
      state: isUp ? 'up' : state,
      since: new Date(this.#since).toISOString(),
      why: isUp ? null : why,
      latency_ms: this.#latencyMs,
    };
  }

  /** Returns at once, whether there is a Redis or not. */
  start(): void {
    this.#kept ??= this.#keep();
  }

  /** Resolves when nothing of it runs any more. Legal without a start, and twice. */
  async stop(): Promise<void> {
    this.#over.abort();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    const { system } = this.#options;
    const isOver = () => this.#over.signal.aborted;
    let failures = 0;
    while (!isOver()) {
      const startedMs = system.monotonicMs();
      const outage = await this.#serve();
      if (isOver()) return;
      this.#down(outage);
      failures = system.monotonicMs() - startedMs > steadyMs ? 1 : failures + 1;
      await this.#pause(retryDelayMs(failures, system.random()), this.#over.signal);
    }
  }

  /** One session, until it ends. */
  async #serve(): Promise<Outage> {
    const session = await this.#open();
    if ('why' in session) return session;
    const over = new AbortController();
    const signal = AbortSignal.any([this.#over.signal, over.signal]);
    this.#up(session);
    try {
      return await Promise.race([session.broken, this.#watch(session, signal)]);
    } finally {
      over.abort();
      this.#session = null;
      session.close();
    }
  }

  async #open(): Promise<Session | Outage> {
    const late = new AbortController();
    const timer = this.#options.system.after(answerMsMax, () => late.abort());
    const signal = AbortSignal.any([late.signal, this.#over.signal]);
    try {
      return await openSession(this.#options.address, this.#options.listener, signal);
    } catch (error) {
      if (error instanceof RedisUnreachable) return error.outage;
      throw error;
    } finally {
      timer.cancel();
    }
  }

  /** Resolves when it has not answered in time, or on the signal. */
  async #watch(session: Session, signal: AbortSignal): Promise<Outage> {
    const { system, onAlive, pingEveryMs = pingEveryMsDefault } = this.#options;
    for (;;) {
      await this.#pause(pingEveryMs, signal);
      if (signal.aborted) break;
      const sentMs = system.monotonicMs();
      const said = await this.#answered(session.ping(), signal);
      if (said === 'broken') return session.broken;
      if (said === 'late') break;
      if (said !== null) return said;
      this.#latencyMs = system.monotonicMs() - sentMs;
      onAlive(session.commands);
    }
    return { state: 'stalled', why: `it has not answered for ${answerMsMax / 1000} s` };
  }

  /** What it says; null when all is well. */
  #answered(
    ping: Promise<Outage | null>,
    signal: AbortSignal,
  ): Promise<Outage | null | 'late' | 'broken'> {
    return new Promise((resolve) => {
      // In a later turn: after a pause of the whole machine the answer may wait to be read.
      const late = (): void => void setImmediate(() => settle('late'));
      const timer = this.#options.system.after(answerMsMax, late);
      const settle = (how: Outage | null | 'late' | 'broken'): void => {
        timer.cancel();
        signal.removeEventListener('abort', late);
        resolve(how);
      };
      signal.addEventListener('abort', late, { once: true });
      ping.then(settle, () => settle('broken'));
    });
  }

  #up(session: Session): void {
    this.#session = session;
    this.#outage = null;
    this.#since = this.#options.system.now();
    this.#options.onUp(session.commands);
  }

  #down(outage: Outage): void {
    const isNew = this.#outage === null;
    this.#outage = outage;
    if (!isNew) return;
    this.#since = this.#options.system.now();
    this.#latencyMs = null;
    this.#options.onDown(outage);
  }

  #pause(delayMs: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = this.#options.system.after(delayMs, finish);
      signal.addEventListener('abort', finish, { once: true });
      if (signal.aborted) finish();
    });
  }
}
