/**
 * A module's subscriptions. Each outlives the connections that it is served by: on every new one it
 * goes on after the last event that arrived, so that none comes twice, and what is lost is told.
 */
import { ConnectionClosedError } from '../../rpc/errors.ts';
import type { Peer } from '../../rpc/peer.ts';
import type { Event } from '../../rpc/shapes-event.ts';
import { type EventOptions, EventStream } from './events/stream.ts';
import type { Logger } from './log.ts';

/** The daemon answers at once; a connection that is gone ends the wait for it. */
const answerTimeoutMs = 3_600_000;

export class Events {
  readonly #log: Logger;
  readonly #streams = new Set<EventStream>();
  /** Of the present connection, by the daemon's name for each. */
  #served = new Map<string, EventStream>();
  #peer: Peer | null = null;
  #asking = 0;
  /** What arrived in one read with the answer that names its subscription, before that was taken. */
  #early: Pushed[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  open(topics: string | readonly string[], { onLost }: EventOptions = {}): EventStream {
    const list = typeof topics === 'string' ? [topics] : topics;
    const told = onLost ?? ((count) => this.#log.warn('events were lost', { topics: list, count }));
    const stream: EventStream = new EventStream(list, told, () => this.#end(stream));
    this.#streams.add(stream);
    if (this.#peer !== null) void this.#ask(stream, this.#peer);
    return stream;
  }

  /** Calls back with one event after the other, each when the one before it is done with. */
  async each(stream: EventStream, onEvent: (event: Event) => unknown): Promise<void> {
    for (;;) {
      const event = stream.takeNow() ?? (await stream.next()).value;
      if (event === undefined) return;
      try {
        const done = onEvent(event);
        if (done instanceof Promise) await done;
      } catch (error) {
        const { id, topic } = event;
        this.#log.error(`the handler of ${topic} failed`, { event: id, error });
      }
    }
  }

  /** There is a link, or a new one. */
  connected(peer: Peer): void {
    this.#peer = peer;
    this.#served = new Map();
    this.#early = [];
    for (const stream of this.#streams) void this.#ask(stream, peer);
  }

  /** Takes what the daemon sends on the present link. */
  take(method: string, params: unknown): void {
    if (method !== 'events.event' && method !== 'events.lost') return;
    const pushed = params as Pushed;
    const stream = this.#served.get(pushed.subscription);
    if (stream !== undefined) deliver(stream, pushed);
    else if (this.#asking > 0) this.#early.push(pushed);
  }

  /** Ends every subscription: there will be no link any more. */
  close(): void {
    for (const stream of [...this.#streams]) stream.end();
  }

  async #ask(stream: EventStream, peer: Peer): Promise<void> {
    const { topics, from } = stream;
    this.#asking += 1;
    try {
      const answer = (await peer.call(
        'events.subscribe',
        { topics, ...(from === null ? {} : { from }) },
        { timeoutMs: answerTimeoutMs },
      )) as { subscription: string; seq: number };
      if (peer === this.#peer) this.#begin(stream, answer);
    } catch (error) {
      // The next connection asks anew.
      if (error instanceof ConnectionClosedError) return;
      this.#log.error('the daemon refused a subscription', { topics, error });
      stream.wasRefused(error);
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#early = [];
    }
  }

  #begin(stream: EventStream, { subscription, seq }: { subscription: string; seq: number }): void {
    this.#served.set(subscription, stream);
    stream.hasBegun(seq);
    for (const pushed of this.#early)
      if (pushed.subscription === subscription) deliver(stream, pushed);
    // It was ended while it was asked for.
    if (stream.isEnded) this.#cancel(stream);
  }

  #end(stream: EventStream): void {
    this.#streams.delete(stream);
    this.#cancel(stream);
  }

  #cancel(stream: EventStream): void {
    for (const [subscription, served] of this.#served) {
      if (served !== stream) continue;
      this.#served.delete(subscription);
      // Nobody waits for an answer; should it not arrive, the connection is gone, and so is this.
      this.#peer?.notify('subscription.cancel', { subscription });
    }
  }
}

type Pushed = { readonly subscription: string } & (
  { readonly event: Event } | { readonly count: number | null; readonly elsewhere?: boolean }
);

function deliver(stream: EventStream, pushed: Pushed): void {
  if ('event' in pushed) stream.push(pushed.event);
  else stream.lost(pushed.count, pushed.elsewhere === true);
}
