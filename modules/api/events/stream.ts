import type { Event } from '../../../rpc/shapes-event.ts';

export interface EventOptions {
  /**
   * Told that events were lost: they came faster than they were taken, or while the daemon was away
   * and are kept no more. Whoever keeps a state by them reads it anew. At most so many; null when
   * nobody knows. Default: a line in the module's log.
   */
  readonly onLost?: (count: number | null) => void;
}

/** The events of one subscription, in order, for one `for await`; leaving that cancels it. */
export interface EventSubscription extends AsyncIterableIterator<Event> {
  /** Resolves when the daemon delivers; rejects when it refused the topics. */
  readonly begun: Promise<void>;
  /** Nothing more is given from now on. */
  cancel(): void;
}

/** Events that wait to be taken; beyond it the oldest are dropped. */
const queuedMax = 10_000;

export class EventStream implements EventSubscription {
  readonly topics: readonly string[];
  readonly begun: Promise<void>;
  /** Number of the last event that arrived: the next connection goes on after it. */
  from: number | null = null;
  readonly #onLost: (count: number | null) => void;
  readonly #onEnd: () => void;
  #queue: Event[] = [];
  #next = 0;
  #wake: (() => void) | null = null;
  #isEnded = false;
  #begin: () => void = () => undefined;
  #refuse: (error: unknown) => void = () => undefined;

  constructor(
    topics: readonly string[],
    onLost: (count: number | null) => void,
    onEnd: () => void,
  ) {
    this.topics = topics;
    this.#onLost = onLost;
    this.#onEnd = onEnd;
    this.begun = new Promise((resolve, reject) => {
      this.#begin = resolve;
      this.#refuse = reject;
    });
    this.begun.catch(loggedAlready);
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** @param seq of the last event before those that come now */
  hasBegun(seq: number): void {
    this.from ??= seq;
    this.#begin();
  }

  wasRefused(error: unknown): void {
    this.#refuse(error);
    this.end();
  }

  push(event: Event): void {
    if (this.#isEnded) return;
    this.from = event.seq;
    this.#queue.push(event);
    const excess = this.#queue.length - this.#next - queuedMax;
    if (excess > 0) {
      // Some more at once: dropping the head of an array costs its whole length.
      const dropped = excess + queuedMax / 10;
      this.#dropBefore(this.#next + dropped);
      this.#onLost(dropped);
    } else if (this.#next >= queuedMax) this.#dropBefore(this.#next);
    this.#wake?.();
  }

  lost(count: number | null, isElsewhere: boolean): void {
    // The daemon is another one: what it still keeps is new, also to the connection after this one.
    if (count === null && !isElsewhere) this.from = 0;
    this.#onLost(count);
  }

  async next(): Promise<IteratorResult<Event, undefined>> {
    for (;;) {
      const value = this.takeNow();
      if (value !== undefined) return { done: false, value };
      if (this.#isEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = null;
    }
  }

  /** The next one, if it is there already: what comes in one read costs no promise each. */
  takeNow(): Event | undefined {
    const event = this.#queue[this.#next];
    if (event === undefined) return undefined;
    this.#next += 1;
    if (this.#next === this.#queue.length) this.#dropBefore(this.#next);
    return event;
  }

  return(): Promise<IteratorResult<Event, undefined>> {
    this.cancel();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  cancel(): void {
    this.#dropBefore(this.#queue.length);
    this.end();
  }

  /** What has arrived is still given. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#onEnd();
    this.#wake?.();
  }

  #dropBefore(position: number): void {
    this.#queue = this.#queue.slice(position);
    this.#next = 0;
  }
}

/** Not everybody waits for `begun`, and whoever refused it is logged. */
function loggedAlready(): void {
  return undefined;
}
