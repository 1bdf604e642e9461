/** One `events.subscribe`: what was missed first, then what is published, each once and in order. */
import type { Peer } from '../../rpc/peer.ts';
import { Subscription } from '../../rpc/subscription.ts';
import { type Bus, keptEventsMax } from './bus.ts';

export interface EventStreamOptions {
  readonly id: string;
  /** Whose it is. */
  readonly name: string;
  readonly peer: Peer;
  readonly bus: Bus;
  readonly topics: readonly string[];
  /** Only events with a higher number, also earlier ones; null for those from now on. */
  readonly from: number | null;
}

const queuedBytesMax = 16 * 1024 * 1024;

export class EventStream {
  readonly subscription: Subscription<string>;
  /** Number of the last event before those that it delivers as they are published. */
  readonly seq: number;
  readonly #options: EventStreamOptions;
  readonly #missed: number | null;
  #isStarted = false;
  /** Of other daemons, before the start. */
  #missedElsewhere: number | null = 0;

  /** Takes part from now on; nothing is sent before `start`. */
  constructor(options: EventStreamOptions) {
    const { id, name, peer, bus, topics, from } = options;
    this.#options = options;
    this.seq = bus.seq;
    // As notifications are; the text of an event is the same for all who get it.
    const head = `{"jsonrpc":"2.0","method":"events.event","params":{"subscription":${JSON.stringify(id)},"event":`;
    this.subscription = new Subscription<string>({
      peer,
      deliver: (text) => void peer.send(head, text, '}}'),
      deliverLost: (count) => this.#tellLost({ count }),
      onDropped: (count) => bus.countLost(count),
      // Nothing of what is kept is lost on the way to one who asks for all of it.
      queuedMax: keptEventsMax,
      queuedBytesMax,
      bytesOf: (text) => 2 * text.length,
    });
    const past = from === null ? null : bus.since(from, topics);
    this.#missed = past === null ? 0 : past.lostCount;
    for (const { text } of past?.events ?? []) this.subscription.push(text);
    const take = (_event: unknown, text: string) => this.subscription.push(text);
    const lost = (count: number | null) => this.#lostElsewhere(count);
    const end = bus.subscribe({ name, topics, take, lost });
    this.subscription.signal.addEventListener('abort', end);
    if (this.subscription.signal.aborted) end();
  }

  /** Belongs after the answer that names the subscription. */
  start(): void {
    this.#isStarted = true;
    if (this.#missed !== 0) this.#tellLost({ count: this.#missed });
    if (this.#missedElsewhere !== 0) this.#lostElsewhere(this.#missedElsewhere);
    this.subscription.start();
  }

  #lostElsewhere(count: number | null): void {
    const before = this.#missedElsewhere;
    if (this.#isStarted) this.#tellLost({ count, elsewhere: true });
    else this.#missedElsewhere = before === null || count === null ? null : before + count;
  }

  #tellLost(lost: { count: number | null; elsewhere?: true }): void {
    this.#options.peer.notify('events.lost', { subscription: this.#options.id, ...lost });
  }
}
