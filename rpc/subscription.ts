import type { Peer } from './peer.ts';

export interface SubscriptionOptions<T> {
  readonly peer: Peer;
  /** Sends one item, usually as a notification. */
  readonly deliver: (item: T) => void;
  /** Tells the subscriber that `count` items, older than what follows, were dropped. */
  readonly deliverLost: (count: number) => void;
  /** Told as soon as so many are dropped, also for a subscriber that is never told. */
  readonly onDropped?: (count: number) => void;
  /** The most items that wait while the subscriber reads too slowly. Default 1000. */
  readonly queuedMax?: number;
  /** The most bytes of them. Default: no bound of its own. */
  readonly queuedBytesMax?: number;
  /** Needed for that. Default 0. */
  readonly bytesOf?: (item: T) => number;
}

/**
 * Items on their way to one subscriber. They wait while its connection is congested; when too many
 * wait the oldest are dropped and counted. Held back until `start`, which belongs after the answer
 * that tells the subscriber its subscription's name. Ends with the connection.
 */
export class Subscription<T> {
  readonly #options: SubscriptionOptions<T>;
  readonly #queuedMax: number;
  readonly #queuedBytesMax: number;
  readonly #bytesOf: (item: T) => number;
  #queue: T[] = [];
  #queuedBytes = 0;
  #lostCount = 0;
  #state: 'held' | 'flowing' | 'waiting' | 'ended' = 'held';
  readonly #ended = new AbortController();

  constructor(options: SubscriptionOptions<T>) {
    this.#options = options;
    this.#queuedMax = options.queuedMax ?? 1000;
    this.#queuedBytesMax = options.queuedBytesMax ?? Infinity;
    this.#bytesOf = options.bytesOf ?? (() => 0);
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
    if (this.#state === 'flowing' && !this.#options.peer.isCongested) {
      this.#options.deliver(item);
      return;
    }
    this.#queue.push(item);
    this.#queuedBytes += this.#bytesOf(item);
    if (this.#state === 'flowing') this.#waitForRoom();
    // Cut in halves, not one by one: dropping the head of an array costs its whole length.
    const isTooLong = this.#queue.length >= 2 * this.#queuedMax;
    if (isTooLong || this.#queuedBytes >= 2 * this.#queuedBytesMax) this.#dropOldest();
  }

  cancel(): void {
    this.#state = 'ended';
    this.#keepFrom(this.#queue.length);
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
    this.#keepFrom(sent);
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
    let excess = Math.max(0, this.#queue.length - this.#queuedMax);
    let bytes = this.#queuedBytes - this.#sizeOf(this.#queue.slice(0, excess));
    for (const item of this.#queue.slice(excess)) {
      if (bytes <= this.#queuedBytesMax) break;
      bytes -= this.#bytesOf(item);
      excess += 1;
    }
    if (excess === 0) return;
    this.#keepFrom(excess);
    this.#lostCount += excess;
    this.#options.onDropped?.(excess);
  }

  #keepFrom(position: number): void {
    this.#queuedBytes -= this.#sizeOf(this.#queue.slice(0, position));
    this.#queue = this.#queue.slice(position);
  }

  #sizeOf(items: readonly T[]): number {
    return items.reduce((bytes, item) => bytes + this.#bytesOf(item), 0);
  }
}
