/**
 * One connection from its request to its end: hello, topics, liveness, and what the server says. It
 * decides nothing about others; whoever owns it is told when it is complete, what comes, and once
 * why it ended.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Logger } from '../log.ts';
import { type ConnectionEnd, endOf, failed } from './connection-end.ts';
import type { Arrived } from './inbox.ts';
import { allowedSilenceMs, type SocketLimits, type SocketTarget } from './options.ts';
import type { Incoming } from './protocol.ts';
import { Pulse } from './pulse.ts';
import { Sender } from './sender.ts';
import { type EndReason, SocketError } from './error.ts';
import { Told } from './subscriptions.ts';
import type { Tally } from './metrics.ts';
import { readTarget, type Target } from './address.ts';
import { Wire } from './wire.ts';

export interface ConnectionOptions<Message> {
  readonly target: SocketTarget<Message>;
  readonly limits: SocketLimits;
  readonly generation: number;
  /** Changes; `topicsChanged` says so. */
  readonly wanted: ReadonlySet<string>;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly log: Logger;
  /** Everything that is wanted has been subscribed to: once. */
  readonly onComplete: () => void;
  readonly onData: (arrived: Arrived<Message>) => void;
  readonly onNotice: (why: string) => void;
  readonly onRefused: (topics: readonly string[], why: string) => void;
  /** Once, when its socket is gone. */
  readonly onEnd: (end: ConnectionEnd) => void;
}

export class Connection<Message> {
  readonly #options: ConnectionOptions<Message>;
  readonly #sender: Sender;
  readonly #told: Told;
  #wire: Wire | null = null;
  /** While it is open and was not asked to close. */
  #pulse: Pulse | null = null;
  /** The deadline of the connect, or of the close. */
  #deadline: Timer | null = null;
  #completeMs: number | null = null;
  /** The first failure. */
  #failure: SocketError<EndReason> | null = null;
  #isClosing = false;
  #isEnded = false;
  #isUnreadableLogged = false;
  #lastDataAtMs: number;

  constructor(options: ConnectionOptions<Message>) {
    const { clock, limits } = options;
    this.#options = options;
    this.#lastDataAtMs = clock.now();
    this.#told = new Told(limits.topicsPerMessage);
    this.#sender = new Sender({
      clock,
      rates: limits.messageRates,
      bytesMax: limits.sendBytesMax,
      write: (data, onSent) => this.#wire?.send(data, onSent),
      nextChange: () => this.#nextChange(),
      isTold: () => options.target.protocol.change === undefined || this.#told.has(options.wanted),
      onIdle: () => this.#complete(),
    });
  }

  get generation(): number {
    return this.#options.generation;
  }

  get isComplete(): boolean {
    return this.#completeMs !== null;
  }

  /** How long it has been complete, in milliseconds; 0 when it is not. */
  get completeForMs(): number {
    return this.#completeMs === null ? 0 : this.#options.clock.monotonicMs() - this.#completeMs;
  }

  /** The last data, or since when there could have been some: milliseconds since 1970. */
  get lastDataAtMs(): number {
    return this.#lastDataAtMs;
  }

  begin(): void {
    const { clock, limits } = this.#options;
    const { connectTimeoutMs } = limits;
    this.#deadline = clock.after(connectTimeoutMs, () => {
      const why = `cannot connect: it took longer than ${connectTimeoutMs} ms`;
      this.#fail(new SocketError('connect_timeout', why));
    });
    void this.#dial();
  }

  send(data: string | Buffer): Promise<void> {
    return this.#sender.send(data);
  }

  topicsChanged(): void {
    if (this.#pulse !== null) this.#sender.pump();
  }

  /** Says goodbye; what the server has sent before its own still comes, within the deadline. */
  close(): void {
    const { clock, limits } = this.#options;
    if (this.#isClosing) return;
    if (this.#pulse === null) {
      this.terminate();
      return;
    }
    this.#isClosing = true;
    this.#pulse.end();
    this.#sender.close();
    this.#deadline = clock.after(limits.closeTimeoutMs, () => this.terminate());
    this.#wire?.close();
  }

  /** Ends it at once. */
  terminate(why: SocketError<EndReason> = closed()): void {
    this.#fail(why);
  }

  async #dial(): Promise<void> {
    try {
      const target = await readTarget(this.#options.target);
      if (!this.#isEnded) this.#wire = this.#open(target);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#fail(new SocketError('connect_failed', `cannot connect: ${why}`));
    }
  }

  #open({ url, headers }: Target): Wire {
    const { limits, clock } = this.#options;
    return new Wire(
      { url, headers, payloadBytesMax: limits.payloadBytesMax, nowMs: clock.now() },
      {
        onOpen: () => this.#opened(),
        onMessage: (data, bytes) => this.#received(data, bytes),
        onPing: () => {
          this.#pulse?.heard();
          this.#sender.countControl();
        },
        onPong: () => this.#pulse?.heard(),
        onEnd: (end) => this.#ended(endOf(end, this.#failure, this.#options.target.protocol)),
      },
    );
  }

  #opened(): void {
    const { clock, limits, target, tally } = this.#options;
    const { change, hello } = target.protocol;
    this.#deadline?.cancel();
    this.#lastDataAtMs = clock.now();
    tally.opened += 1;
    this.#pulse = new Pulse({
      clock,
      limits,
      dataTimeoutMs: () => this.#made(() => allowedSilenceMs(target)),
      mayHaveData: () => change === undefined || this.#told.size > 0,
      ackDueMs: () => this.#told.ackDueMs,
      onPing: () => this.#ping(),
      onDead: (error) => this.#fail(error),
    });
    const first = hello === undefined ? null : this.#made(hello);
    if (first === null) this.#sender.pump();
    else this.#sender.first(first);
  }

  #ping(): void {
    const { ping } = this.#options.target.protocol;
    if (ping !== undefined) {
      this.#sender.first(ping);
      return;
    }
    this.#sender.countControl();
    this.#wire?.ping();
  }

  #nextChange(): string | Buffer | null {
    const { target, limits, wanted, tally, clock } = this.#options;
    const { change: encode } = target.protocol;
    if (encode === undefined) return null;
    const { ackTimeoutMs } = limits;
    if (this.#told.size === 0) this.#pulse?.data();
    const dueMs = ackTimeoutMs === null ? null : clock.monotonicMs() + ackTimeoutMs;
    const change = this.#told.next(wanted, dueMs);
    if (change === null) return null;
    if (dueMs !== null) this.#pulse?.lookAgain();
    if (change.action === 'subscribe') tally.subscribed += change.topics.length;
    return this.#made(() => encode(change));
  }

  /** What the protocol's author wrote may throw: that ends this connection, not the program. */
  #made<V>(make: () => V): V | null {
    try {
      return make();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#fail(new SocketError('connect_failed', `cannot say what is wanted: ${why}`));
      return null;
    }
  }

  /** Nothing is left to say, and everything said was acknowledged. */
  #complete(): void {
    const isAcknowledged = this.#told.ackDueMs === null;
    if (this.#completeMs !== null || !isAcknowledged || this.#failure !== null) return;
    this.#completeMs = this.#options.clock.monotonicMs();
    this.#options.onComplete();
  }

  #received(data: string | Buffer, bytes: number): void {
    if (this.#failure !== null) return;
    this.#pulse?.heard();
    this.#options.tally.bytes += bytes;
    let bytesLeft = bytes;
    for (const one of this.#understood(data)) {
      this.#take(one, bytesLeft);
      bytesLeft = 0;
    }
  }

  #understood(data: string | Buffer): readonly Incoming<Message>[] {
    const { target, tally, log } = this.#options;
    try {
      const read = target.protocol.read(data);
      return isMany(read) ? read : [read];
    } catch (error) {
      tally.unreadable += 1;
      if (!this.#isUnreadableLogged) log.warn('a message could not be read', { error });
      this.#isUnreadableLogged = true;
      return [];
    }
  }

  #take(incoming: Incoming<Message>, bytes: number): void {
    const { clock, generation, onData, onNotice, onRefused } = this.#options;
    switch (incoming.kind) {
      case 'data': {
        this.#pulse?.data();
        this.#lastDataAtMs = clock.now();
        const { message, key = null } = incoming;
        const received = { message, generation, receivedAtMs: this.#lastDataAtMs };
        onData({ kind: 'message', received, key, bytes });
        return;
      }
      case 'ack':
        this.#told.acknowledged(incoming.id);
        this.#sender.pump();
        return;
      case 'refusal': {
        const change = this.#told.acknowledged(incoming.id);
        if (change !== null) onRefused(change.topics, incoming.why);
        this.#sender.pump();
        return;
      }
      case 'notice': {
        onNotice(incoming.why);
        return;
      }
      case 'pong':
      case 'ignored':
        return;
    }
  }

  /** The first failure is why it ends; its socket has to go before anybody is told. */
  #fail(error: SocketError<EndReason>): void {
    if (this.#isEnded || this.#failure !== null) return;
    this.#failure = error;
    this.#pulse?.end();
    if (this.#wire === null) this.#ended(failed(error));
    else this.#wire.terminate();
  }

  #ended(end: ConnectionEnd): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#deadline?.cancel();
    this.#pulse?.end();
    this.#sender.close();
    this.#options.onEnd(end);
  }
}

function isMany<Message>(
  read: Incoming<Message> | readonly Incoming<Message>[],
): read is readonly Incoming<Message>[] {
  return Array.isArray(read);
}

function closed(): SocketError<'closed'> {
  return new SocketError('closed', 'the connection was closed');
}
