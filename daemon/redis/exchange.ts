/**
 * Events of several daemons, through Redis. What is published here goes out, without anybody waiting
 * for Redis; what others publish comes in, each event at most once. Nothing is sent a second time, so
 * what was under way when a connection broke may be lost, and whoever hears the next event knows.
 */
import type { Redis } from 'ioredis';
import type { ExchangeStats, RedisStatus } from '../../rpc/shapes-redis.ts';
import { isDaemonTopic } from '../../rpc/topic.ts';
import type { System } from '../system.ts';
import { redisAddress } from './address.ts';
import { RedisConnection } from './connection.ts';
import {
  channelPrefix,
  eventMessage,
  type ForeignEvent,
  headOf,
  hostWord,
  type Origin,
  positionMessage,
  readMessage,
} from './envelope.ts';
import { type Missing, Origins } from './origins.ts';
import { type Message, Outgoing } from './outgoing.ts';
import type { Outage } from './session.ts';

export interface ExchangeOptions {
  readonly system: System;
  readonly url: string;
  /** What others see of where events come from. */
  readonly host: string;
  readonly receive: (event: ForeignEvent) => void;
  /** Events of other daemons are missing: so many, or null when nobody knows. */
  readonly onLost: (count: number | null) => void;
  /** Once for each outage. */
  readonly onDown: (outage: Outage) => void;
  /** @param lost so many events that were published here others never get, or perhaps not */
  readonly onReturn: (lost: number) => void;
  readonly onFault: (doing: string, err: unknown) => void;
  readonly pingEveryMs?: number;
}

/** While Redis is away. */
const waitingLimits = { entriesMax: 10_000, bytesMax: 16 * 1024 * 1024 };
/** Sent at once. */
const batchLimits = { entriesMax: 500, bytesMax: 2 * 1024 * 1024 };
/** Sent and not answered: what is under way is bounded as well. */
const batchesMax = 8;
/** For what is left when the daemon ends. */
const lastWordsMs = 1000;

/** A connection that serves. */
interface Line {
  readonly commands: Redis;
  /** Under way. */
  batches: number;
}

export class Exchange {
  readonly #options: ExchangeOptions;
  readonly #origin: Origin;
  readonly #ownHead: Buffer;
  readonly #prefix: string;
  readonly #connection: RedisConnection;
  readonly #outgoing = new Outgoing(waitingLimits);
  readonly #origins = new Origins();
  #line: Line | null = null;
  #isFlushDue = false;
  #whenIdle: (() => void) | null = null;
  /** Counts the events that were to go out. */
  #n = 0;
  #toldN = 0;
  #isAway = false;
  /** What others never got, or perhaps not, up to the last time that Redis came. */
  #lostBefore = 0;
  #sent = 0;
  #unanswered = 0;
  #received = 0;
  #missed = 0;
  #ignored = 0;

  constructor(options: ExchangeOptions) {
    const { system, url, host } = options;
    const address = redisAddress(url);
    this.#options = options;
    this.#origin = { origin: system.randomHex(8), host: hostWord(host) };
    this.#ownHead = Buffer.from(headOf(this.#origin));
    this.#prefix = channelPrefix(address.db);
    this.#connection = new RedisConnection({
      system,
      address,
      pingEveryMs: options.pingEveryMs,
      listener: {
        pattern: `${this.#prefix}*`,
        take: (channel, message) => this.#hear(channel, message),
      },
      onUp: (commands) => this.#up(commands),
      onDown: (outage) => this.#down(outage),
      onAlive: () => this.#tellPosition(),
    });
  }

  get status(): RedisStatus {
    return this.#connection.status;
  }

  /** Returns at once, whether there is a Redis or not. */
  start(): void {
    this.#connection.start();
  }

  /** What the daemon says of itself stays here: nobody shall take it for his own daemon's. */
  readonly take = ({ topic }: { readonly topic: string }, text: string): void => {
    if (isDaemonTopic(topic)) return;
    this.#n += 1;
    const channel = `${this.#prefix}${topic}`;
    this.#outgoing.push({ channel, text: eventMessage(this.#origin, this.#n, text) });
    this.#flush();
  };

  readonly stats = (): ExchangeStats => ({
    redis: this.status,
    sent: this.#sent,
    waiting: this.#outgoing.size,
    dropped: this.#outgoing.dropped,
    unanswered: this.#unanswered,
    received: this.#received,
    missed: this.#missed,
    ignored: this.#ignored,
    daemons: this.#origins.size,
  });

  /** Resolves when nothing of it runs any more; what Redis has not taken within a second is given up. */
  async stop(): Promise<void> {
    if (this.#line !== null && !this.#isIdle) {
      await new Promise<void>((resolve) => {
        const timer = this.#options.system.after(lastWordsMs, resolve);
        this.#whenIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#line = null;
    await this.#connection.stop();
  }

  #up(commands: Redis): void {
    this.#line = { commands, batches: 0 };
    const lost = this.#outgoing.dropped + this.#unanswered;
    if (this.#isAway) {
      this.#isAway = false;
      this.#options.onReturn(lost - this.#lostBefore);
      this.#options.onLost(null);
    }
    this.#lostBefore = lost;
    this.#flush();
  }

  #down(outage: Outage): void {
    this.#line = null;
    this.#isAway = true;
    // Some may be heard before it is said that Redis is back.
    this.#origins.forgive();
    this.#options.onDown(outage);
  }

  /** In a later turn, so that what is published in one goes out together. */
  #flush(): void {
    if (this.#line === null || this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(() => {
      this.#isFlushDue = false;
      const line = this.#line;
      while (line !== null && line.batches < batchesMax && this.#outgoing.size > 0)
        void this.#send(line, this.#outgoing.take(batchLimits));
    });
  }

  async #send(line: Line, batch: readonly Message[]): Promise<void> {
    line.batches += 1;
    const taken = await takenOf(line.commands, batch);
    this.#sent += taken;
    this.#unanswered += batch.length - taken;
    line.batches -= 1;
    if (this.#line !== line) return;
    if (this.#outgoing.size > 0) this.#flush();
    else if (this.#isIdle) this.#whenIdle?.();
  }

  /** All that was published has been taken by Redis. */
  get #isIdle(): boolean {
    return this.#outgoing.size === 0 && (this.#line?.batches ?? 0) === 0;
  }

  /** So that whoever has missed the last events knows it, although none comes after them. */
  #tellPosition(): void {
    const n = this.#n;
    if (this.#line === null || !this.#isIdle || this.#toldN === n) return;
    const { topic, message } = positionMessage(this.#origin, n);
    this.#line.commands.publish(`${this.#prefix}${topic}`, message).then(
      () => (this.#toldN = n),
      // The connection has broken: the next one tells it.
      () => undefined,
    );
  }

  #hear(channel: string, message: Buffer): void {
    // Half of all that comes: it is told before anything is made of it.
    if (message.subarray(0, this.#ownHead.length).equals(this.#ownHead)) return;
    const heard = readMessage(channel.slice(this.#prefix.length), message);
    if (heard === null) {
      this.#ignored += 1;
      return;
    }
    const { origin, n, event } = heard;
    const missed =
      event === null ? this.#origins.told(origin, n) : this.#origins.arrived(origin, n);
    if (missed === 'again') {
      this.#ignored += 1;
      return;
    }
    if (missed !== 0) this.#lose(missed);
    if (event === null) return;
    this.#received += 1;
    try {
      this.#options.receive(event);
    } catch (err) {
      // Such as data nested too deeply to be written again.
      this.#options.onFault(`take an event of ${event.source}`, err);
    }
  }

  #lose(missing: Missing): void {
    if (missing !== 'unknown') this.#missed += missing;
    this.#options.onLost(missing === 'unknown' ? null : missing);
  }
}

/**
 * How many of them Redis has taken, in one write. Not by a pipeline of ioredis: each lives until the
 * next collection of the old generation, with all that it has sent.
 */
function takenOf(commands: Redis, batch: readonly Message[]): Promise<number> {
  return new Promise((resolve) => {
    let taken = 0;
    let open = batch.length;
    const close = (): void => {
      open -= 1;
      if (open === 0) resolve(taken);
    };
    const take = (): void => {
      taken += 1;
      close();
    };
    commands.stream.cork();
    // What is refused, or broke off, is counted by what is missing.
    for (const { channel, text } of batch) commands.publish(channel, text).then(take, close);
    commands.stream.uncork();
  });
}
