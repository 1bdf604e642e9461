import type { Peer } from './peer.ts';

export interface SubscriptionOptions<T> {
  readonly peer: Peer;
  /** Sends one item, usually as a notification. */
  readonly deliver: (item: T) => void;
  /** Tells the subscriber that `count` items, older than what follows, were dropped. */
  readonly deliverLost: (count: number) => void;
  /** The most items that wait while the subscriber reads too slowly. Default 1000. */
  readonly queuedMax?: number;
}

/**
 * Items on their way to one subscriber. They wait while its connection is congested; when too many
 * wait the oldest are dropped and counted. Held back until `start`, which belongs after the answer
 * that tells the subscriber its subscription's name. Ends with the connection.
 */
export class Subscription<T> {
  readonly #options: SubscriptionOptions<T>;
  readonly #queuedMax: number;
  #queue: T[] = [];
  #lostCount = 0;
  #state: 'held' | 'flowing' | 'waiting' | 'ended' = 'held';
  readonly #ended = new AbortController();

  constructor(options: SubscriptionOptions<T>) {
    this.#options = options;
    this.#queuedMax = options.queuedMax ?? 1000;
    const { signal } = options.peer;
    if (signal.aborted) this.cancel();
    else signal.addEventListener('abort', () => this.cancel(), { signal: this.signal, once: true });
  }

  /** Aborted when cancelled or when the connection is gone: whoever pushes stops then. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  start(): void {
    if (this.#state !== 'held') return;
    this.#state = 'flowing';
    this.#flush();
  }

  push(item: T): void {
    if (this.#state === 'ended') return;
    this.#queue.push(item);
    if (this.#state === 'flowing') this.#flush();
    // Cut in halves, not one by one: dropping the head of an array costs its whole length.
    if (this.#queue.length >= 2 * this.#queuedMax) this.#dropOldest();
  }

  cancel(): void {
    this.#state = 'ended';
    this.#queue = [];
    this.#ended.abort();
  }

  #flush(): void {
    this.#dropOldest();
    if (this.#lostCount > 0 && !this.#options.peer.isCongested) {
      const count = this.#lostCount;
      this.#lostCount = 0;
      this.#options.deliverLost(count);
    }
    let sent = 0;
    while (sent < this.#queue.length && !this.#options.peer.isCongested) {
      this.#options.deliver(this.#queue[sent] as T);
      sent += 1;
    }
    this.#queue = this.#queue.slice(sent);
    if (this.#options.peer.isCongested) this.#waitForRoom();
  }

  #waitForRoom(): void {
    this.#state = 'waiting';
    this.#options.peer.onceDrained(() => {
      if (this.#state !== 'waiting') return;
      this.#state = 'flowing';
      this.#flush();
    });
  }

  #dropOldest(): void {
    const excess = this.#queue.length - this.#queuedMax;
    if (excess <= 0) return;
    this.#queue = this.#queue.slice(excess);
    this.#lostCount += excess;
  }
}
