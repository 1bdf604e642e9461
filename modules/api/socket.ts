/**
 * What the author of a module imports for a venue's feed, as `superbot/socket`: topics that stay
 * subscribed to over one connection after the other.
 */
import { type Clock, realClock } from './clock.ts';
import { log as moduleLog, type Logger } from './log.ts';
import { loggedGap } from './socket/gap.ts';
import type { Received } from './socket/inbox.ts';
import { type SocketMetrics, socketMetrics } from './socket/metrics.ts';
import { limitsOf, type SocketLimits, type SocketOptions } from './socket/options.ts';
import { RateLimit } from './socket/rates.ts';
import { Reader } from './socket/reader.ts';
import { Shards } from './socket/shards.ts';
import { SocketError } from './socket/error.ts';
import { newTally } from './socket/metrics.ts';
import { webSocketUrl } from './socket/address.ts';

export type { Gap } from './socket/gap.ts';
export type { Received } from './socket/inbox.ts';
export type { SocketMetrics } from './socket/metrics.ts';
export { socketDefaults, type SocketLimits, type SocketOptions } from './socket/options.ts';
export type { Incoming, Protocol } from './socket/protocol.ts';
export { type Rate, RateLimit } from './socket/rates.ts';
export { type EndReason, SocketError, type SocketErrorKind } from './socket/error.ts';
export type { SubscriptionChange } from './socket/subscriptions.ts';

/** Messages in order, for one `for await`; leaving that closes the socket. */
export interface Socket<Message> extends AsyncIterableIterator<Received<Message>> {
  /** Wanted from now on, now and on every later connection. Those wanted already change nothing. */
  subscribe(topics: string | readonly string[]): void;
  unsubscribe(topics: string | readonly string[]): void;
  /**
   * Sends on the present connection, in turn with what it says about topics. Resolves when the system
   * has it; whether the server has, only its answer shows. Rejects with a SocketError: `not_open`,
   * `congested`, or `reset` where nobody knows. With several connections it is the first.
   */
  send(data: string | Buffer): Promise<void>;
  /** Has a new connection take over, without a gap. Done by itself in time: `ageMsMax`. */
  roll(): void;
  /**
   * Hands each message to the callback when the one before it is done with; what that throws is
   * logged. Resolves when the socket is closed; rejects with the error that closed it.
   */
  each(onMessage: (received: Received<Message>) => unknown): Promise<void>;
  /** At this moment. */
  readonly metrics: SocketMetrics;
  /**
   * Says goodbye and waits for the server's, at most `closeTimeoutMs`. What has arrived is still given.
   * Resolves when nothing is left: no connection, no timer.
   */
  close(): Promise<void>;
  /** Resolves when it is closed: with the error that it closed for, or null when it was asked to. */
  readonly closed: Promise<SocketError | null>;
}

/** Well below what venues allow. */
const attemptRate = { max: 30, perMs: 60_000 };

/**
 * Connects, and stays connected until it is closed. Throws when an option makes no sense.
 * @see docs/socket.md
 */
export function openSocket<Message>(options: SocketOptions<Message>): Socket<Message> {
  return new OpenSocket(options);
}

class OpenSocket<Message> implements Socket<Message> {
  readonly closed: Promise<SocketError | null>;
  readonly #log: Logger;
  readonly #clock: Clock;
  readonly #limits: SocketLimits;
  readonly #tally = newTally();
  readonly #reader: Reader<Message>;
  readonly #shards: Shards<Message>;
  readonly #signal: AbortSignal | null;
  readonly #onAbort = (): void => void this.close();
  #error: SocketError | null = null;
  #closing: Promise<void> | null = null;
  #tellClosed: (error: SocketError | null) => void = () => undefined;

  constructor(options: SocketOptions<Message>) {
    const { clock = realClock, log = moduleLog, topics = [], signal = null } = options;
    if (typeof options.url === 'string') webSocketUrl(options.url);
    this.#log = log;
    this.#clock = clock;
    this.#signal = signal;
    this.#limits = limitsOf(options);
    this.closed = new Promise((resolve) => (this.#tellClosed = resolve));
    const { queueMessagesMax: messagesMax, queueBytesMax: bytesMax } = this.#limits;
    this.#reader = new Reader({
      limits: { messagesMax, bytesMax },
      onGap: options.onGap ?? ((gap) => log.warn('messages may be missing', loggedGap(gap))),
      log,
    });
    this.#shards = new Shards({
      target: options,
      limits: this.#limits,
      attempts: options.attempts ?? new RateLimit([attemptRate], clock),
      clock,
      log,
      tally: this.#tally,
      onData: (arrived) => this.#lost(this.#reader.push(arrived)),
      onGap: (gap) => {
        this.#tally.gaps += 1;
        this.#reader.pushGap(gap);
      },
      onRefused: (refused, why) => this.#refused(options, refused, why),
      onOpen: () => this.#tell('onOpen', options.onOpen),
      onLost: (reason) => this.#tell('onLost', () => options.onLost?.(reason)),
      onFailed: (error) => this.#fail(error),
    });
    this.#shards.subscribe(topics);
    if (signal?.aborted === true) void this.close();
    else this.#shards.begin();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  subscribe(topics: string | readonly string[]): void {
    this.#shards.subscribe(listed(topics));
  }

  unsubscribe(topics: string | readonly string[]): void {
    this.#shards.unsubscribe(listed(topics));
  }

  send(data: string | Buffer): Promise<void> {
    return this.#shards.send(data);
  }

  roll(): void {
    this.#shards.roll('it was asked to');
  }

  async each(onMessage: (received: Received<Message>) => unknown): Promise<void> {
    for await (const received of this) {
      try {
        await onMessage(received);
      } catch (error) {
        this.#log.error('the handler of a message failed', { error });
      }
    }
  }

  get metrics(): SocketMetrics {
    return socketMetrics(this.#tally, this.#reader, this.#shards.all, this.#clock.now());
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  next(): Promise<IteratorResult<Received<Message>, undefined>> {
    return this.#reader.next();
  }

  async return(): Promise<IteratorResult<Received<Message>, undefined>> {
    this.#reader.discard();
    await this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #close(): Promise<void> {
    this.#reader.end(this.#error);
    this.#signal?.removeEventListener('abort', this.#onAbort);
    await this.#shards.close();
    this.#tellClosed(this.#error);
  }

  #lost(count: number): void {
    if (count === 0) return;
    const { whenFull, queueMessagesMax, queueBytesMax } = this.#limits;
    this.#tally.lost += count;
    if (whenFull !== 'close') return;
    const bounds = `${queueMessagesMax} messages or ${queueBytesMax} bytes`;
    const why = `messages come faster than they are taken: more than ${bounds} wait`;
    this.#fail(new SocketError('overflow', why));
  }

  #refused({ onRefused }: SocketOptions<Message>, topics: readonly string[], why: string): void {
    this.#tally.refused += topics.length;
    if (onRefused === undefined) this.#log.warn('topics were refused', { topics, why });
    else this.#tell('onRefused', () => onRefused(topics, why));
  }

  /** What an author's callback throws is his, and disturbs nobody. */
  #tell(name: string, callback: (() => unknown) | undefined): void {
    try {
      callback?.();
    } catch (error) {
      this.#log.error(`${name} failed`, { error });
    }
  }

  #fail(error: SocketError): void {
    if (this.#closing !== null) return;
    this.#error = error;
    this.#log.error('the socket gives up', { error: error.message, reason: error.kind });
    void this.close();
  }
}

function listed(topics: string | readonly string[]): readonly string[] {
  return typeof topics === 'string' ? [topics] : topics;
}
