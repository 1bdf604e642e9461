/**
 * What has arrived and nobody has taken yet: messages in order, and gaps where something is missing
 * between them. Bounded: when it is full the oldest messages become a gap, so that whoever is too
 * slow learns of it at the very place where it lost them.
 */
import { type Gap, mergeGaps } from './gap.ts';

export interface Received<Message> {
  readonly message: Message;
  /** Which connection it came on: each new one has a higher number. */
  readonly generation: number;
  /** When, in milliseconds since 1970. */
  readonly receivedAtMs: number;
}

export interface Arrived<Message> {
  readonly kind: 'message';
  readonly received: Received<Message>;
  /** Says which messages are the same, where the protocol knows. */
  readonly key: string | number | null;
  readonly bytes: number;
}

export type InboxItem<Message> = Arrived<Message> | { readonly kind: 'gap'; readonly gap: Gap };

export interface InboxLimits {
  readonly messagesMax: number;
  readonly bytesMax: number;
}

export class Inbox<Message> {
  readonly #limits: InboxLimits;
  #items: InboxItem<Message>[] = [];
  #first = 0;
  /** Before all items. */
  #gap: Gap | null = null;
  #messages = 0;
  #bytes = 0;

  constructor(limits: InboxLimits) {
    this.#limits = limits;
  }

  get messages(): number {
    return this.#messages;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many messages had to go to make room: 0 as a rule. */
  push(item: Arrived<Message>): number {
    this.#items.push(item);
    this.#messages += 1;
    this.#bytes += item.bytes;
    let dropped = 0;
    while (this.#messages > this.#limits.messagesMax || this.#bytes > this.#limits.bytesMax) {
      dropped += this.#dropFirst();
    }
    return dropped;
  }

  pushGap(gap: Gap): void {
    const last = this.#items.at(-1);
    if (this.#isEmpty) this.#gap = this.#gap === null ? gap : mergeGaps(this.#gap, gap);
    else if (last?.kind === 'gap') {
      this.#items[this.#items.length - 1] = { kind: 'gap', gap: mergeGaps(last.gap, gap) };
    } else this.#items.push({ kind: 'gap', gap });
  }

  /** The oldest; null when there is none. */
  take(): InboxItem<Message> | null {
    if (this.#gap !== null) {
      const gap = this.#gap;
      this.#gap = null;
      return { kind: 'gap', gap };
    }
    return this.#shift();
  }

  clear(): void {
    this.#items = [];
    this.#first = 0;
    this.#gap = null;
    this.#messages = 0;
    this.#bytes = 0;
  }

  get #isEmpty(): boolean {
    return this.#first === this.#items.length;
  }

  /** Messages that went: a gap is not lost, it becomes part of the one before everything. */
  #dropFirst(): 0 | 1 {
    const item = this.#shift();
    if (item === null) return 0;
    const gap = item.kind === 'gap' ? item.gap : gapOf(item.received.receivedAtMs);
    this.#gap = this.#gap === null ? gap : mergeGaps(this.#gap, gap);
    return item.kind === 'gap' ? 0 : 1;
  }

  #shift(): InboxItem<Message> | null {
    const item = this.#items[this.#first];
    if (item === undefined) return null;
    this.#first += 1;
    if (item.kind === 'message') {
      this.#messages -= 1;
      this.#bytes -= item.bytes;
    }
    // Now and then: to take the head off an array costs its whole length.
    if (this.#first >= 1024 || this.#isEmpty) {
      if (this.#first * 2 >= this.#items.length) {
        this.#items = this.#items.slice(this.#first);
        this.#first = 0;
      }
    }
    return item;
  }
}

function gapOf(atMs: number): Gap {
  return { fromMs: atMs, toMs: atMs, reason: 'overflow', lost: 1, topics: null };
}
