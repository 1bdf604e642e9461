/**
 * One open connection on which both sides call each other, in any order. Line framing, answers to
 * incoming calls, outgoing calls, and the bounds that keep one bad peer from hurting the process.
 */
import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { fits, OutgoingCalls, type CallOptions } from './calls.ts';
import { answerTooLarge, errorText, type Answer, type Calls } from './dispatch.ts';
import {
  readMessage,
  type CallItem,
  type Item,
  type Message,
  type RefusedItem,
} from './envelope.ts';
import { RpcError } from './errors.ts';
import { LineReader, type Line } from './lines.ts';
import { Outbox } from './outbox.ts';
import { costOf, type Share, type Turns } from './turns.ts';

export interface PeerOptions {
  /** Answers the calls of one message, at once where it can; must not reject. */
  readonly answer: (calls: Calls) => Answer | Promise<Answer>;
  readonly limits: PeerLimits;
  /**
   * A line that is not UTF-8 or not JSON: answered with −32700 (`answer`), or the connection is destroyed at once
   * (`destroy`), so that a browser's cross-origin POST never gets past its first header line.
   */
  readonly badLines: 'answer' | 'destroy';
  /** Only one side of a connection may do this: two that wait for each other to read would hang. */
  readonly stopsReadingWhenCongested: boolean;
  readonly congestedBytes?: number;
  readonly unsentBytesMax?: number;
  /** Shares this process's time with its other connections; without it what arrives is taken at once. */
  readonly turns?: Turns;
}

export interface PeerLimits {
  readonly lineBytesMax: number;
  /** Calls of the other side being answered at once; beyond it, reading pauses. */
  readonly callsInFlightMax: number;
  /** False from somebody who cannot have been asked: an answer is an invalid request then. */
  readonly takesAnswers: boolean;
}

export class Peer {
  /** Resolves when the connection is gone, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  /** Lines that were no messages. */
  garbageCount = 0;
  /** The last of them, in words. */
  lastGarbage = '';
  readonly #socket: Socket;
  readonly #options: PeerOptions;
  readonly #lines: LineReader;
  readonly #outbox: Outbox;
  readonly #calls: OutgoingCalls;
  readonly #share: Share | null;
  readonly #ended = new AbortController();
  #callsInFlightMax: number;
  #takesAnswers: boolean;
  #callsInFlight = 0;
  #isClosing = false;
  #cause: Error | null = null;

  constructor(socket: Socket, options: PeerOptions) {
    // As many listen as there are calls under way, which are bounded.
    setMaxListeners(0, this.#ended.signal);
    this.#socket = socket;
    this.#options = options;
    this.#lines = new LineReader(options.limits.lineBytesMax);
    this.#callsInFlightMax = options.limits.callsInFlightMax;
    this.#takesAnswers = options.limits.takesAnswers;
    this.#outbox = new Outbox(socket, {
      congestedBytes: options.congestedBytes ?? 1024 * 1024,
      bytesMax: options.unsentBytesMax ?? 32 * 1024 * 1024,
      afterTurn: options.turns?.afterTurn,
    });
    this.#share = options.turns?.newShare(this.#lines, () => this.#pump()) ?? null;
    this.#calls = new OutgoingCalls((text) => this.#outbox.write(text));
    this.closed = new Promise((resolve) => socket.once('close', resolve)).then(() => this.#end());
    socket.on('data', (chunk: Buffer) => {
      this.#lines.push(chunk);
      this.#pump();
    });
    socket.on('end', () => this.#onInputEnd());
    socket.on('drain', () => this.#pump());
    socket.on('error', (error) => (this.#cause ??= error));
  }

  /** Aborted when the connection is gone. */
  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /** True while the other side reads too slowly; what can wait should wait for `onceDrained`. */
  get isCongested(): boolean {
    return this.#outbox.isCongested;
  }

  /**
   * What the other side takes: a longer call rejects with `invalidRequest` before it is sent, and a
   * longer answer is an error instead. Unlimited until this is said.
   */
  get messageBytesMax(): number {
    return this.#calls.messageBytesMax;
  }

  set messageBytesMax(bytes: number) {
    this.#calls.messageBytesMax = bytes;
  }

  /** Answers that nobody waited for. */
  get strayCount(): number {
    return this.#calls.strayCount;
  }

  /** Rejects with RpcError (answered so, or `timeout`), ConnectionClosedError or the abort reason. */
  call(method: string, params?: object, options: CallOptions = {}): Promise<unknown> {
    return this.#calls.call(method, params, options);
  }

  /** Sends a notification; false when the connection can send no more. */
  notify(method: string, params?: object): boolean {
    return this.send(JSON.stringify({ jsonrpc: '2.0', method, params }));
  }

  /** Sends a message that is written already, in pieces; false when the connection can send no more. */
  send(...pieces: readonly string[]): boolean {
    return this.#outbox.write(...pieces);
  }

  onceDrained(callback: () => void): void {
    this.#outbox.onceDrained(callback);
  }

  setLimits(limits: PeerLimits): void {
    this.#lines.bytesMax = limits.lineBytesMax;
    this.#callsInFlightMax = limits.callsInFlightMax;
    this.#takesAnswers = limits.takesAnswers;
  }

  /**
   * Takes no further calls, lets the answers under way be written, then ends the connection; after
   * `deadlineMs` it is destroyed. Resolves when the connection is gone.
   */
  async close(deadlineMs = 2000): Promise<void> {
    this.#isClosing = true;
    this.#pump();
    const timer = setTimeout(() => this.destroy(), deadlineMs);
    await this.closed;
    clearTimeout(timer);
  }

  /** Ends the connection at once; waiting calls reject with `cause` behind them. */
  destroy(cause?: Error): void {
    this.#cause ??= cause ?? null;
    // What was answered already may still get through.
    this.#outbox.flush();
    this.#socket.destroy();
  }

  #pump(): void {
    while (this.#lines.hasUnread && !this.#mustWait() && this.#share?.mayTake() !== false) {
      const line = this.#lines.next();
      if (line === null) break;
      this.#share?.spend(line.kind === 'line' ? costOf(line.text) : 1);
      this.#take(line);
    }
    if (this.#mustWait()) this.#socket.pause();
    else this.#socket.resume();
    const isDone = this.#isClosing || (this.#socket.readableEnded && !this.#mustWait());
    if (!isDone || this.#callsInFlight > 0) return;
    this.#outbox.flush();
    this.#socket.end();
  }

  // A closing connection reads on: answers to our own calls may still matter to answers under way,
  // and closing a socket with unread input would reset it and lose what was written.
  #mustWait(): boolean {
    if (this.#socket.destroyed || this.#share?.isWaiting === true) return true;
    if (this.#isClosing) return false;
    const isCongested = this.#options.stopsReadingWhenCongested && this.#outbox.isCongested;
    return isCongested || this.#callsInFlight >= this.#callsInFlightMax;
  }

  #take(line: Line): void {
    if (line.kind === 'too_long') {
      const error = new RpcError('invalidRequest', this.#tooLong());
      this.#refuse(error);
      this.#cause ??= error;
      void this.close();
      return;
    }
    if (line.kind === 'not_utf8') {
      this.#noteGarbage('a line that is not UTF-8');
      this.#refuse(new RpcError('parse', 'parse error: the line is not UTF-8'));
      return;
    }
    const message = readMessage(line.text);
    if (message.kind === 'not_json') {
      const beginning = JSON.stringify(line.text.slice(0, 100));
      this.#noteGarbage(`a line that is not JSON: ${beginning}`);
      this.#refuse(new RpcError('parse', 'parse error: the line is not JSON'));
      return;
    }
    const calls = this.#withoutResponses(message);
    if (calls !== null && !this.#isClosing) this.#answer(calls);
  }

  #noteGarbage(inWords: string): void {
    this.garbageCount += 1;
    this.lastGarbage = inWords;
  }

  #refuse(error: RpcError): void {
    if (this.#options.badLines === 'destroy') this.destroy(error);
    else if (!this.#isClosing) this.#outbox.write(errorText(null, error));
  }

  #tooLong(): string {
    return `invalid request: a message may have ${this.#lines.bytesMax} bytes`;
  }

  #withoutResponses(message: Exclude<Message, { kind: 'not_json' }>): Calls | null {
    if (message.kind === 'single') {
      const item = this.#asCall(message.item);
      return item === null ? null : { kind: 'single', item };
    }
    this.#share?.spend(message.items.length);
    const items = message.items.flatMap((item) => this.#asCall(item) ?? []);
    return items.length > 0 ? { kind: 'batch', items } : null;
  }

  #asCall(item: Item): CallItem | RefusedItem | null {
    if (item.kind !== 'response') return item;
    if (!this.#takesAnswers) {
      const error = new RpcError('invalidRequest', 'invalid request: nothing was asked');
      return { kind: 'refused', id: null, error };
    }
    this.#calls.receive(item);
    return null;
  }

  #answer(calls: Calls): void {
    try {
      const answer = this.#options.answer(calls);
      if (answer instanceof Promise) void this.#answerLater(calls, answer);
      else this.#write(calls, answer);
    } catch (error) {
      this.#fail(error);
    }
  }

  async #answerLater(calls: Calls, answer: Promise<Answer>): Promise<void> {
    const count = calls.kind === 'single' ? 1 : calls.items.length;
    this.#callsInFlight += count;
    try {
      this.#write(calls, await answer);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#callsInFlight -= count;
      this.#pump();
    }
  }

  #write(calls: Calls, { text, afterwards }: Answer): void {
    const isSent = text === null || fits(text, this.#calls.messageBytesMax);
    if (text !== null) this.#outbox.write(isSent ? text : tooLargeFor(calls));
    for (const callback of afterwards) callback();
  }

  #fail(error: unknown): void {
    this.destroy(error instanceof Error ? error : new Error('answering failed', { cause: error }));
  }

  // Who has ended its side can no longer answer us, but may still read (`printf … | nc -NU …`).
  #onInputEnd(): void {
    this.#calls.close(this.#cause);
    this.#pump();
  }

  #end(): void {
    this.#share?.end();
    this.#calls.close(this.#cause);
    this.#ended.abort(this.#cause ?? undefined);
  }
}

/** The same for each call of a batch, which are answered together. */
function tooLargeFor(calls: Calls): string {
  const errors = (calls.kind === 'single' ? [calls.item] : calls.items)
    .filter(({ id }) => id !== undefined)
    .map((item) => {
      const method = item.kind === 'call' ? item.method : 'a call';
      return errorText(item.id ?? null, answerTooLarge(method));
    });
  return calls.kind === 'single' ? (errors[0] ?? '') : `[${errors.join(',')}]`;
}
