/** The subscriber's end: takes messages from the queue, and is told of gaps between them. */
import type { Logger } from '../log.ts';
import type { Gap } from './gap.ts';
import { type Arrived, Inbox, type InboxLimits, type Received } from './inbox.ts';
import type { SocketError } from './error.ts';

export interface ReaderOptions {
  readonly limits: InboxLimits;
  readonly onGap: (gap: Gap) => unknown;
  readonly log: Logger;
}

export class Reader<Message> {
  readonly #inbox: Inbox<Message>;
  readonly #options: ReaderOptions;
  #wakers: (() => void)[] = [];
  #isEnded = false;
  #error: SocketError | null = null;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#inbox = new Inbox(options.limits);
  }

  get queued(): number {
    return this.#inbox.messages;
  }

  get queuedBytes(): number {
    return this.#inbox.bytes;
  }

  /** How many messages had to go to make room. */
  push(arrived: Arrived<Message>): number {
    if (this.#isEnded) return 0;
    const dropped = this.#inbox.push(arrived);
    this.#wake();
    return dropped;
  }

  pushGap(gap: Gap): void {
    if (this.#isEnded) return;
    this.#inbox.pushGap(gap);
    this.#wake();
  }

  /** What has arrived is still given; then the reading ends, or fails with the error. */
  end(error: SocketError | null): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#error = error;
    this.#wake();
  }

  /** Nothing more is given. */
  discard(): void {
    this.#error = null;
    this.#inbox.clear();
    this.end(null);
  }

  async next(): Promise<IteratorResult<Received<Message>, undefined>> {
    for (;;) {
      const item = this.#inbox.take();
      if (item?.kind === 'message') return { done: false, value: item.received };
      if (item?.kind === 'gap') await this.#tell(item.gap);
      else if (this.#isEnded) return this.#last();
      else await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
  }

  /** The error is given once: whoever goes on asking gets the end. */
  #last(): IteratorResult<Received<Message>, undefined> {
    const error = this.#error;
    this.#error = null;
    if (error !== null) throw error;
    return { done: true, value: undefined };
  }

  async #tell(gap: Gap): Promise<void> {
    const { onGap, log } = this.#options;
    try {
      await onGap(gap);
    } catch (error) {
      log.error('onGap failed', { error });
    }
  }

  #wake(): void {
    for (const wake of this.#wakers.splice(0)) wake();
  }
}
