/**
 * What of a succession of connections reaches the subscriber: messages once and in order, and a gap
 * where the messages on one connection do not join those on the next. What comes on a connection
 * before its time is held here.
 */
import type { Clock } from '../clock.ts';
import type { Gap } from './gap.ts';
import type { Handover } from './handover.ts';
import { type Arrived, Inbox, type InboxLimits } from './inbox.ts';
import type { Tally } from './metrics.ts';

export interface DeliveryOptions<Message> {
  readonly clock: Clock;
  readonly tally: Tally;
  /** For what is held. */
  readonly limits: InboxLimits;
  /** For so long after a rollover the new connection may repeat what the old one has delivered. */
  readonly repeatMs: number;
  readonly onData: (arrived: Arrived<Message>) => void;
  readonly onGap: (gap: Gap) => void;
}

export class Delivery<Message> {
  readonly #options: DeliveryOptions<Message>;
  readonly #held: Inbox<Message>;
  #repeated: { readonly handover: Handover; readonly untilMs: number } | null = null;
  /** Where the subscriber's knowledge ends. */
  #missed: Pick<Gap, 'fromMs' | 'reason'> | null = null;
  #lastDataAtMs: number | null = null;

  constructor(options: DeliveryOptions<Message>) {
    this.#options = options;
    this.#held = new Inbox(options.limits);
  }

  /** When the last message was delivered, in milliseconds since 1970. */
  get lastDataAtMs(): number | null {
    return this.#lastDataAtMs;
  }

  hold(arrived: Arrived<Message>): void {
    this.#held.push(arrived);
  }

  /** The connection on which it came will not be the subscriber's. */
  discardHeld(): void {
    this.#held.clear();
  }

  /** Nothing is known after this moment, until `release`; the first loss counts. */
  miss(fromMs: number, reason: Gap['reason']): void {
    this.#missed ??= { fromMs, reason };
  }

  /** Messages of the old connection, which the new one may hold or send again. */
  dropRepeated(handover: Handover): void {
    const { clock, repeatMs } = this.#options;
    this.#repeated = { handover, untilMs: clock.monotonicMs() + repeatMs };
  }

  /** What is held is the subscriber's, after word of what was missed; that is returned. */
  release(topics: readonly string[] | null): Gap | null {
    const { clock, onGap } = this.#options;
    const gap =
      this.#missed === null ? null : { ...this.#missed, toMs: clock.now(), lost: null, topics };
    this.#missed = null;
    if (gap !== null) onGap(gap);
    for (let item = this.#held.take(); item !== null; item = this.#held.take()) {
      if (item.kind === 'message') this.deliver(item);
      else onGap(item.gap);
    }
    return gap;
  }

  deliver(arrived: Arrived<Message>): void {
    const { clock, tally, onData } = this.#options;
    if (this.#repeated !== null && clock.monotonicMs() > this.#repeated.untilMs) {
      this.#repeated = null;
    }
    if (this.#repeated?.handover.isDuplicate(arrived.key) === true) {
      tally.duplicates += 1;
      return;
    }
    tally.messages += 1;
    this.#lastDataAtMs = arrived.received.receivedAtMs;
    onData(arrived);
  }
}
