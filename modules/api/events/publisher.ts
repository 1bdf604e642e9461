/**
 * What a module tells others: with an answer to each event (`publish`), or without (`emit`), which
 * costs a fraction of it. What finds no room is dropped from the oldest, and counted in the log.
 */
import { fits } from '../../../rpc/calls.ts';
import { RpcError } from '../../../rpc/errors.ts';
import type { Peer } from '../../../rpc/peer.ts';
import { isDaemonTopic, isTopic } from '../../../rpc/topic.ts';
import { type Clock, realClock } from '../clock.ts';
import type { Link } from '../link.ts';
import type { Logger } from '../log.ts';

export interface FlushOptions {
  /** How long to wait, in milliseconds. Default 30 000. */
  readonly timeoutMs?: number;
}

/** What waits for a link, or for a daemon that reads too slowly: events, and characters of them. */
const queuedMax = 10_000;
const queuedLengthMax = 8 * 1024 * 1024;
/** A longer message would end the link, as `ipc.max_message_bytes` is shipped. */
const eventBytesMax = 1_000_000;
const flushMsDefault = 30_000;
/** For what is not answered at the end; the process is ended soon after it. */
const farewellMs = 400;
const hasRoom = Promise.resolve();

export class Publisher {
  readonly #link: Pick<Link, 'call'>;
  readonly #log: Logger;
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly #unanswered = new Set<Promise<string>>();
  #peer: Peer | null = null;
  #queue: string[] = [];
  #queuedLength = 0;
  #room: { readonly promise: Promise<void>; readonly resolve: () => void } | null = null;
  #droppedCount = 0;
  #isFlushed = true;
  #isEnding = false;

  constructor(
    link: Pick<Link, 'call'>,
    log: Logger,
    clock: Pick<Clock, 'after' | 'monotonicMs'> = realClock,
  ) {
    this.#link = link;
    this.#log = log;
    this.#clock = clock;
  }

  /** There is a link, or a new one. */
  connected(peer: Peer): void {
    this.#peer = peer;
    this.#pass();
  }

  /** Resolves with the event's id. Rejects as `Link.call`. */
  publish(topic: string, data: unknown): Promise<string> {
    const answered = this.#link.call('events.publish', { topic, data }) as Promise<{ id: string }>;
    const published = answered.then(({ id }) => id);
    const forget = (): void => void this.#unanswered.delete(published);
    this.#unanswered.add(published);
    answered.then(forget, forget);
    if (this.#isEnding) this.#excuse(published);
    return published;
  }

  /** Resolves when there is room for another. Never rejects. */
  emit(topic: string, data: unknown): Promise<void> {
    const text = this.#textOf(topic, data);
    if (text === null) return hasRoom;
    this.#isFlushed = false;
    if (this.#queue.length > 0 || !this.#send(text)) this.#keep(text);
    const isFull = this.#queue.length > 0 || this.#peer?.isCongested === true;
    return isFull && !this.#isEnding ? this.#untilRoom() : hasRoom;
  }

  /** Resolves when the daemon has taken whatever was told before. Rejects as `Link.call`. */
  async flush({ timeoutMs = flushMsDefault }: FlushOptions = {}): Promise<void> {
    const endMs = this.#clock.monotonicMs() + timeoutMs;
    const timer = this.#clock.after(timeoutMs, () => this.#makeRoom());
    while (this.#room !== null && this.#clock.monotonicMs() < endMs) await this.#room.promise;
    timer.cancel();
    const leftMs = Math.ceil(endMs - this.#clock.monotonicMs());
    if (leftMs <= 0) throw new RpcError('timeout', 'the daemon did not take the events in time');
    this.#isFlushed = true;
    // A connection is read in order: what is asked last is answered when all before it was read.
    await this.#link.call('events.stats', {}, { timeoutMs: leftMs });
  }

  /**
   * Waits a moment for what was told already. From now on a publication that the end of the link
   * leaves unanswered is logged, so that it does not look like a crash where nobody waits for it.
   */
  async end(): Promise<void> {
    const isPending = !this.#isFlushed || this.#unanswered.size > 0;
    for (const published of this.#unanswered) this.#excuse(published);
    this.#isEnding = true;
    try {
      if (isPending && this.#peer?.signal.aborted === false)
        await this.flush({ timeoutMs: farewellMs });
    } catch (error) {
      this.#log.warn('the daemon did not answer for the last events', { error });
    }
    this.#makeRoom();
  }

  /** Null for what cannot be an event. */
  #textOf(topic: string, data: unknown): string | null {
    if (!isTopic(topic) || isDaemonTopic(topic)) {
      return this.#drop(1, `"${topic.slice(0, 100)}" is no topic of a module's`);
    }
    try {
      const json = JSON.stringify(data) as string | undefined;
      if (json === undefined) return this.#drop(1, `the data of ${topic} is nothing that JSON has`);
      if (Buffer.byteLength(json) > eventBytesMax)
        return this.#drop(1, `the data of ${topic} is too large`);
      return `{"jsonrpc":"2.0","method":"events.publish","params":{"topic":"${topic}","data":${json}}}`;
    } catch (error) {
      return this.#drop(1, `the data of ${topic} cannot be written as JSON: ${String(error)}`);
    }
  }

  /** False for what has to wait. */
  #send(text: string): boolean {
    if (this.#peer === null || this.#peer.isCongested) return false;
    if (fits(text, this.#peer.messageBytesMax)) return this.#peer.send(text);
    this.#drop(1, `the daemon takes messages of ${this.#peer.messageBytesMax} bytes`);
    return true;
  }

  #keep(text: string): void {
    this.#queue.push(text);
    this.#queuedLength += text.length;
    if (this.#queue.length <= queuedMax && this.#queuedLength <= queuedLengthMax) return;
    // Half of them at once: dropping the head of an array costs its whole length.
    const count = Math.ceil(this.#queue.length / 2);
    this.#take(count);
    this.#drop(count, 'the daemon takes them more slowly than they come, or is away');
  }

  /** Sends what waits, as far as there is room. */
  #pass(): void {
    let sent = 0;
    for (const text of this.#queue) {
      if (!this.#send(text)) break;
      sent += 1;
    }
    this.#take(sent);
    if (this.#queue.length === 0 && this.#peer?.isCongested !== true) this.#makeRoom();
    else this.#passOnceDrained();
  }

  #take(count: number): void {
    const taken = this.#queue.slice(0, count);
    this.#queue = this.#queue.slice(count);
    this.#queuedLength -= taken.reduce((length, text) => length + text.length, 0);
  }

  #passOnceDrained(): void {
    if (this.#peer?.isCongested === true) this.#peer.onceDrained(() => this.#pass());
  }

  #untilRoom(): Promise<void> {
    if (this.#room === null) {
      let resolve: () => void = () => undefined;
      const promise = new Promise<void>((resolved) => (resolve = resolved));
      this.#room = { promise, resolve };
      this.#passOnceDrained();
    }
    return this.#room.promise;
  }

  #makeRoom(): void {
    this.#room?.resolve();
    this.#room = null;
  }

  /** Tells of the first, the tenth, the hundredth: a flood of them does not flood the log. */
  #drop(count: number, why: string): null {
    const before = this.#droppedCount;
    this.#droppedCount += count;
    if (digits(this.#droppedCount) > digits(before)) {
      this.#log.error('events were dropped', { count: this.#droppedCount, why });
    }
    return null;
  }

  #excuse(published: Promise<string>): void {
    published.catch((error: unknown) =>
      this.#log.warn('an event was left unanswered by the end of the module', { error }),
    );
  }
}

function digits(count: number): number {
  return count === 0 ? 0 : String(count).length;
}
