/** What waits for Redis, bounded in number and in bytes: the oldest is dropped, and counted. */

export interface Message {
  readonly channel: string;
  readonly text: string;
}

export interface OutgoingLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
}

export class Outgoing {
  readonly #limits: OutgoingLimits;
  #messages: (Message | null)[] = [];
  /** Where the oldest is: dropping the head of an array would cost its whole length. */
  #head = 0;
  #bytes = 0;
  #dropped = 0;

  constructor(limits: OutgoingLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#messages.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Since it was made. */
  get dropped(): number {
    return this.#dropped;
  }

  push(message: Message): void {
    this.#messages.push(message);
    this.#bytes += bytesOf(message);
    while (this.size > this.#limits.entriesMax || this.#bytes > this.#limits.bytesMax) {
      this.#shift();
      this.#dropped += 1;
    }
  }

  /** The oldest, at most so many and, but for the first, so many bytes. */
  take({ entriesMax, bytesMax }: OutgoingLimits): Message[] {
    const taken: Message[] = [];
    let bytes = 0;
    for (const oldest of this.#messages.slice(this.#head, this.#head + entriesMax)) {
      bytes += oldest === null ? 0 : bytesOf(oldest);
      if (taken.length > 0 && bytes > bytesMax) break;
      taken.push(this.#shift());
    }
    return taken;
  }

  #shift(): Message {
    const oldest = this.#messages[this.#head];
    if (!oldest) throw new Error('cannot take a message: none waits');
    this.#messages[this.#head] = null;
    this.#head += 1;
    this.#bytes -= bytesOf(oldest);
    if (this.#head > this.#limits.entriesMax || this.#head === this.#messages.length) {
      this.#messages = this.#messages.slice(this.#head);
      this.#head = 0;
    }
    return oldest;
  }
}

/** As V8 may store them. */
function bytesOf({ channel, text }: Message): number {
  return 2 * (channel.length + text.length);
}
