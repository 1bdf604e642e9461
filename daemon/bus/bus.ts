/**
 * Events between the daemon's parts, modules and clients. Everybody hears them in the order of `seq`;
 * an event is written as JSON once, however many hear it. Nothing here waits for a subscriber: each
 * has a queue of its own behind `take`, and whoever fails disturbs nobody else.
 */
import type { BusStats, DeadLetter, Event } from '../../rpc/shapes-event.ts';
import type { ExchangeStats } from '../../rpc/shapes-redis.ts';
import { isDaemonTopic, isTopic } from '../../rpc/topic.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';
import { History, type Past } from './history.ts';
import { KnownTopics } from './known-topics.ts';
import { Matcher } from './matcher.ts';
import { Ring } from './ring.ts';

/** What JSON can say; members that are undefined are left out. */
export type EventData =
  | string
  | number
  | boolean
  | null
  | readonly EventData[]
  | { readonly [key: string]: EventData | undefined };

export interface Subscriber {
  /** For whoever reads of its failures. */
  readonly name: string;
  readonly topics: readonly string[];
  /**
   * Gets each matching event once. What it throws, or rejects with, becomes a dead letter.
   * @param text the event as JSON
   */
  readonly take: (event: Event, text: string) => unknown;
  /** Events of other daemons are missing: at most so many, or null when nobody knows. */
  readonly lost?: (count: number | null) => void;
}

/** What other daemons hear of this one. Waits for nobody, and must not throw. */
export interface BusExchange {
  /** Gets each event that is published here. */
  readonly take: (event: Event, text: string) => void;
  readonly stats: () => ExchangeStats;
}

export interface BusOptions {
  readonly system: System;
  readonly log: Pick<Log, 'error'>;
}

/** What is kept of the daemon's own events, and as much again of all others. */
const historyLimits = { entriesMax: 1000, bytesMax: 4 * 1024 * 1024, topicsMax: 10_000 };
export const keptEventsMax = 2 * historyLimits.entriesMax;
const deadLetterLimits = { entriesMax: 1000, bytesMax: 1024 * 1024 };
const errorLengthMax = 1000;
/** Events published by subscribers while they take one; more come from a circle of them. */
const nestedMax = 10_000;

export class Bus {
  readonly #system: System;
  readonly #log: BusOptions['log'];
  readonly #epoch: string;
  readonly #firstSeq: number;
  readonly #history: History;
  readonly #deadLetters: Ring<DeadLetter>;
  readonly #matcher = new Matcher<Subscriber>();
  readonly #topics = new KnownTopics(this.#matcher);
  readonly #subscribers = new Set<Subscriber>();
  #exchange: BusExchange | null = null;
  /** Published while another one is being delivered. */
  #nested: { event: Event; text: string }[] = [];
  #isDelivering = false;
  #lastTime = { ms: Number.NaN, text: '' };
  #seq: number;
  #published = 0;
  #delivered = 0;
  #failed = 0;
  #lost = 0;

  constructor({ system, log }: BusOptions) {
    this.#system = system;
    this.#log = log;
    this.#epoch = system.randomHex(4);
    // Above those of every earlier daemon, which published less than a thousand in a millisecond.
    this.#firstSeq = Math.floor(system.now()) * 1000;
    this.#seq = this.#firstSeq - 1;
    this.#history = new History(historyLimits, this.#firstSeq);
    this.#deadLetters = new Ring(deadLetterLimits, ({ error }) => 2 * error.length + 500);
  }

  /** Number of the last event. */
  get seq(): number {
    return this.#seq;
  }

  /**
   * Gives the event's id. Whoever publishes while an event is being delivered is heard after it.
   * Throws for what is no topic.
   * @param source the module, or the role, that it comes from
   */
  readonly publish = (topic: string, data: EventData, source = 'daemon'): string => {
    if (!isTopic(topic)) throw new Error(`cannot publish under "${topic}": that is no topic`);
    const id = `${this.#epoch}-${this.#seq - this.#firstSeq + 2}`;
    const time = this.#time();
    this.#published += 1;
    this.#enter({ id, topic, data: data as Event['data'], time, source }, this.#exchange);
    return id;
  };

  /** An event of another daemon: heard here as any other, with a number of this daemon's. */
  readonly receive = (event: Omit<Event, 'seq'>): void => this.#enter(event, null);

  /** Events of other daemons are missing: told to all who may have wanted them. */
  readonly tellLost = (count: number | null): void => {
    for (const { topics, lost } of [...this.#subscribers])
      if (topics.some((topic) => !isDaemonTopic(topic))) lost?.(count);
  };

  /** From now on other daemons hear what is published here. */
  attach(exchange: BusExchange): void {
    this.#exchange = exchange;
  }

  /** From now on, until the returned function is called. */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    for (const topic of subscriber.topics) this.#matcher.add(topic, subscriber);
    return () => this.#remove(subscriber);
  }

  /** As `History.since`. */
  since(from: number, topics: readonly string[]): Past {
    return this.#history.since(from, topics, this.#seq);
  }

  /**
   * Matching events that are kept, oldest first: the first ones after `from`, else the last ones.
   * @param topics null for all
   */
  past(topics: readonly string[] | null, limit: number, from: number | null): Event[] {
    const kept = this.#history.kept(topics);
    const chosen =
      from === null ? kept.slice(-limit) : kept.filter(({ seq }) => seq > from).slice(0, limit);
    return chosen.map(({ text }) => JSON.parse(text) as Event);
  }

  /** So many events were dropped from the queue of one who reads too slowly. */
  countLost(count: number): void {
    this.#lost += count;
  }

  stats(): BusStats {
    return {
      backend: this.#exchange === null ? 'memory' : 'redis',
      published: this.#published,
      delivered: this.#delivered,
      failed: this.#failed,
      lost: this.#lost,
      subscribers: this.#subscribers.size,
      patterns: this.#matcher.patternCount,
      history: { entries: this.#history.size, bytes: this.#history.bytes },
      dead_letters: this.#deadLetters.items(),
      exchange: this.#exchange?.stats() ?? null,
    };
  }

  /** What is published from now on nobody hears. */
  close(): void {
    for (const subscriber of [...this.#subscribers]) this.#remove(subscriber);
  }

  #enter(
    { id, topic, data, time, source }: Omit<Event, 'seq'>,
    exchange: BusExchange | null,
  ): void {
    const seq = (this.#seq += 1);
    const event: Event = { id, seq, topic, data, time, source };
    const text = JSON.stringify(event);
    this.#history.push({ seq, topic, text });
    exchange?.take(event, text);
    if (this.#isDelivering) this.#nested.push({ event, text });
    else this.#deliver(event, text);
  }

  /** Written once in a millisecond: as dear as the rest of an event. */
  #time(): string {
    const ms = this.#system.now();
    if (ms !== this.#lastTime.ms) this.#lastTime = { ms, text: new Date(ms).toISOString() };
    return this.#lastTime.text;
  }

  #remove(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) return;
    for (const topic of subscriber.topics) this.#matcher.remove(topic, subscriber);
  }

  #deliver(first: Event, firstText: string): void {
    this.#isDelivering = true;
    this.#giveAll(first, firstText);
    let count = 1;
    // It grows while it is gone through.
    for (const { event, text } of this.#nested) {
      count += 1;
      if (count <= nestedMax) this.#giveAll(event, text);
      else this.#bury(event, 'all', new Error('subscribers publish what they subscribe to'));
    }
    if (count > 1) this.#nested = [];
    this.#isDelivering = false;
  }

  #giveAll(event: Event, text: string): void {
    for (const subscriber of this.#topics.match(event.topic))
      if (this.#subscribers.has(subscriber)) this.#give(subscriber, event, text);
  }

  #give(subscriber: Subscriber, event: Event, text: string): void {
    this.#delivered += 1;
    try {
      const taken = subscriber.take(event, text);
      if (taken instanceof Promise)
        taken.catch((error: unknown) => this.#bury(event, subscriber.name, error));
    } catch (error) {
      this.#bury(event, subscriber.name, error);
    }
  }

  #bury({ id, topic }: Event, subscriber: string, error: unknown): void {
    this.#failed += 1;
    const time = this.#time();
    const letter = { time, id, topic, subscriber, error: String(error).slice(0, errorLengthMax) };
    this.#deadLetters.push(letter);
    this.#log.error(letter, `${subscriber} could not take an event: ${letter.error}`);
  }
}
