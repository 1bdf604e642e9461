/**
 * One connection after the other: made anew when one is lost, and before it grows too old by a
 * second one that takes over. At most two are open at once. What comes of a connection reaches the
 * subscriber only while it is the current one and complete; what it sends before is held.
 */
import type { Clock, Timer } from '../clock.ts';
import type { Logger } from '../log.ts';
import { Connection } from './connection.ts';
import { Delivery } from './delivery.ts';
import type { ConnectionEnd } from './connection-end.ts';
import { type Gap, loggedGap } from './gap.ts';
import { Handover, mute } from './handover.ts';
import type { Arrived } from './inbox.ts';
import { Leaving } from './leaving.ts';
import type { SocketLimits, SocketTarget } from './options.ts';
import type { RateLimit } from './rates.ts';
import { Retries } from './retries.ts';
import { type EndReason, SocketError } from './error.ts';
import { nextState, type SocketEvent, type SocketState } from './states.ts';
import { countReconnect, type Tally } from './metrics.ts';

export interface SuccessionOptions<Message> {
  readonly target: SocketTarget<Message>;
  readonly limits: SocketLimits;
  readonly attempts: RateLimit;
  readonly clock: Clock;
  readonly log: Logger;
  readonly tally: Tally;
  readonly nextGeneration: () => number;
  readonly onData: (arrived: Arrived<Message>) => void;
  readonly onGap: (gap: Gap) => void;
  readonly onRefused: (topics: readonly string[], why: string) => void;
  readonly onOpen: () => void;
  readonly onLost: (reason: EndReason) => void;
  /** It has given up: there will be no connection until somebody closes it. */
  readonly onFailed: (error: SocketError) => void;
}

/** So that sockets opened together do not all roll over in the same moment. */
const ageSpread = 0.05;

export class Succession<Message> {
  /** Whoever changes it says so with `topicsChanged`. */
  readonly wanted = new Set<string>();
  readonly #options: SuccessionOptions<Message>;
  readonly #delivery: Delivery<Message>;
  #state: SocketState = 'waiting';
  #current: Connection<Message> | null = null;
  /** Is to take over. */
  #next: Connection<Message> | null = null;
  /** Were followed by another, or are to end, and are not gone yet. */
  readonly #leaving = new Leaving();
  readonly #retries: Retries;
  #handover: Handover | null = null;
  #lastError: SocketError | null = null;
  /** The next attempt, of either kind. */
  #timer: Timer | null = null;

  constructor(options: SuccessionOptions<Message>) {
    const { clock, tally, limits, onData, onGap } = options;
    const { queueMessagesMax: messagesMax, queueBytesMax: bytesMax, overlapMsMax } = limits;
    const bounds = { limits: { messagesMax, bytesMax }, repeatMs: overlapMsMax };
    this.#options = options;
    this.#retries = new Retries(limits, clock);
    this.#delivery = new Delivery({ clock, tally, onData, onGap, ...bounds });
  }

  get state(): SocketState {
    return this.#state;
  }

  get lastDataAtMs(): number | null {
    return this.#delivery.lastDataAtMs;
  }

  get lastError(): SocketError | null {
    return this.#lastError;
  }

  /** Of the current connection. */
  get generation(): number | null {
    return this.#current?.generation ?? null;
  }

  /** How many connections there are: being made, open, or closing. */
  get sockets(): number {
    return this.#leaving.size + Number(this.#current !== null) + Number(this.#next !== null);
  }

  begin(): void {
    this.#whenAllowed('waiting', () => {
      this.#step('due');
      this.#current = this.#connect();
    });
  }

  topicsChanged(): void {
    this.#current?.topicsChanged();
    this.#next?.topicsChanged();
  }

  send(data: string | Buffer): Promise<void> {
    if (this.#current?.isComplete === true) return this.#current.send(data);
    return Promise.reject(new SocketError('not_open', 'cannot send: there is no connection'));
  }

  /** Begins a second connection that takes over; does nothing unless there is exactly one. */
  roll(why: string): void {
    const { log, clock, limits } = this.#options;
    this.#whenAllowed('open', () => {
      log.info('a second connection is made to take over', { why });
      this.#timer?.cancel();
      this.#step('roll');
      this.#handover = new Handover({ clock, limits, onVerdict: this.#decided.bind(this) });
      this.#next = this.#connect();
    });
  }

  /** Resolves when every connection is gone. */
  close(): Promise<void> {
    if (this.#state !== 'closing' && this.#state !== 'closed') {
      this.#step('close');
      this.#timer?.cancel();
      this.#endHandover();
      const all = [this.#current, this.#next];
      this.#current = this.#next = null;
      for (const connection of all) if (connection !== null) this.#leaving.add(connection);
      this.#leaving.whenNone(() => this.#step('gone'));
    }
    return new Promise((resolve) => this.#leaving.whenNone(resolve));
  }

  #connect(): Connection<Message> {
    const { attempts, tally, nextGeneration, onRefused } = this.#options;
    attempts.count();
    tally.attempts += 1;
    this.#delivery.discardHeld();
    const connection = new Connection<Message>({
      ...this.#options,
      generation: nextGeneration(),
      wanted: this.wanted,
      onComplete: () => this.#completed(connection),
      onData: (arrived) => this.#take(arrived, connection),
      onNotice: (why) => {
        if (connection === this.#current) this.roll(why);
      },
      onRefused,
      onEnd: (end) => this.#ended(end, connection),
    });
    connection.begin();
    return connection;
  }

  #completed(connection: Connection<Message>): void {
    if (connection === this.#next) this.#handover?.complete();
    else if (connection === this.#current) {
      this.#step('complete');
      this.#options.onOpen();
      this.#release();
    }
  }

  #take(arrived: Arrived<Message>, connection: Connection<Message>): void {
    if (connection === this.#current && connection.isComplete) {
      this.#delivery.deliver(arrived);
      this.#handover?.fromOld(arrived.key);
    } else if (connection === this.#current || connection === this.#next) {
      this.#delivery.hold(arrived);
      this.#handover?.fromNew(arrived.key);
    } else this.#options.tally.stale += 1;
  }

  #decided(verdict: 'switch' | 'drain' | 'abandon'): void {
    if (verdict === 'switch') this.#takeOver();
    else if (verdict === 'abandon') this.#next?.terminate(mute);
    else {
      this.#step('drain');
      this.#current?.close();
    }
  }

  /** The second connection delivers; what the first one still sends is late. */
  #takeOver(): void {
    const old = this.#current;
    this.#options.tally.rollovers += 1;
    this.#follow('take_over');
    if (old !== null) this.#leaving.add(old);
    this.#release();
  }

  /** The second connection is the current one. */
  #follow(event: 'take_over' | 'inherit'): void {
    this.#step(event);
    this.#current = this.#next;
    this.#next = null;
    if (this.#handover !== null) this.#delivery.dropRepeated(this.#handover);
    this.#endHandover();
  }

  #endHandover(): void {
    this.#handover?.end();
    this.#handover = null;
  }

  /** The current connection is the subscriber's from now on. */
  #release(): void {
    const { limits, clock, log } = this.#options;
    const gap = this.#delivery.release(this.wanted.size === 0 ? null : [...this.wanted]);
    if (gap !== null) log.info('connected again', loggedGap(gap));
    if (limits.ageMsMax === null || this.#state !== 'open') return;
    const ageMs = Math.round(limits.ageMsMax * (1 - ageSpread * clock.random()));
    this.#after(ageMs, () => this.roll(`it is ${ageMs} ms old`));
  }

  #ended(end: ConnectionEnd, connection: Connection<Message>): void {
    if (this.#leaving.delete(connection)) return;
    this.#lastError = end.error;
    if (connection === this.#next) this.#nextEnded(end);
    else if (this.#next === null) this.#currentLost(end, connection);
    else this.#currentFollowed(end, connection);
  }

  #nextEnded(end: ConnectionEnd): void {
    const { tally, log } = this.#options;
    const current = this.#current;
    tally.rolloversFailed += 1;
    log.warn('the second connection came to nothing', { error: end.error.message });
    this.#next = null;
    this.#endHandover();
    this.#delivery.discardHeld();
    if (this.#state === 'draining' && current !== null) {
      this.#leaving.add(current);
      this.#currentLost(end, current);
    } else {
      this.#step('abandon');
      this.#after(this.#retryDelayMs(end.error), () => this.roll('the last attempt failed'));
    }
  }

  /** It had a second one beside it. */
  #currentFollowed({ error, isClean }: ConnectionEnd, connection: Connection<Message>): void {
    const reason = this.#state === 'draining' ? 'rollover' : error.kind;
    const isCovered = this.#handover?.isCovered(isClean) ?? false;
    if (!isCovered) this.#delivery.miss(connection.lastDataAtMs, reason);
    this.#current = null;
    if (this.#next?.isComplete === true) this.#takeOver();
    else {
      this.#options.onLost(error.kind);
      this.#follow('inherit');
    }
  }

  #currentLost({ error, isFinal }: ConnectionEnd, connection: Connection<Message>): void {
    const { tally, log, onFailed, onLost } = this.#options;
    const reason = error.kind;
    this.#current = null;
    this.#step('lost');
    if (connection.isComplete) {
      this.#delivery.miss(connection.lastDataAtMs, reason);
      onLost(reason);
    }
    countReconnect(tally, reason);
    this.#retries.endedAfter(connection.completeForMs);
    const delayMs = this.#retryDelayMs(error);
    const fields = { error: error.message, reason, retry_in_ms: Math.round(delayMs) };
    // Each attempt of a long outage would be one line more that says nothing new.
    if (this.#retries.isFirst) log.warn('there is no connection', fields);
    else log.debug('there still is no connection', fields);
    if (isFinal || this.#retries.isEnough) onFailed(error);
    else this.#after(delayMs, () => this.begin());
  }

  #retryDelayMs(error: ConnectionEnd['error']): number {
    return Math.max(this.#retries.delayMs(error), this.#options.attempts.delayMs);
  }

  /** Calls back when another connection is allowed, and the second at most, if it is still wanted. */
  #whenAllowed(state: SocketState, begin: () => void): void {
    if (this.#state !== state) return;
    const { delayMs } = this.#options.attempts;
    const again = (): void => this.#whenAllowed(state, begin);
    if (delayMs > 0) this.#after(delayMs, again);
    else if (this.sockets < 2) begin();
    else {
      this.#leaving.hurry();
      this.#leaving.whenNone(again);
    }
  }

  #after(delayMs: number, callback: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(delayMs, callback);
  }

  #step(event: SocketEvent): void {
    const state = nextState(this.#state, event);
    if (state === null) throw new Error(`internal error: ${event} while ${this.#state}`);
    this.#state = state;
  }
}
