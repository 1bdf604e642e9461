/**
 * What goes out on one connection, one message after the other, each when the one before it was
 * handed to the system: so what waits in the socket is never more than one, and a server that does
 * not read is noticed here. Slower where the venue's rates ask for it.
 */
import type { Clock, Timer } from '../clock.ts';
import { type Rate, RateLimit } from './rates.ts';
import { SocketError } from './error.ts';

export interface SenderOptions {
  readonly clock: Clock;
  readonly rates: readonly Rate[];
  /** What may wait of `send`. */
  readonly bytesMax: number;
  readonly write: (data: string | Buffer, onSent: (error: Error | undefined) => void) => void;
  /** The next message about topics, made when it can be sent; null when there is none. */
  readonly nextChange: () => string | Buffer | null;
  /** Whether there is nothing that `nextChange` would return. */
  readonly isTold: () => boolean;
  /** Nothing waits, and the last message was handed over. */
  readonly onIdle: () => void;
}

interface Waiting {
  readonly data: string | Buffer;
  readonly bytes: number;
  readonly settle: (error: SocketError | undefined) => void;
}

export class Sender {
  readonly #options: SenderOptions;
  readonly #limit: RateLimit;
  readonly #urgent: (string | Buffer)[] = [];
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #timer: Timer | null = null;
  #inFlight: Waiting | null = null;
  #isClosed = false;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#limit = new RateLimit(options.rates, options.clock);
  }

  /** Before all else: the few messages without which the connection is of no use. */
  first(data: string | Buffer): void {
    this.#urgent.push(data);
    this.pump();
  }

  /** Resolves when the system has it. Rejects when too much waits, or the connection ends first. */
  send(data: string | Buffer): Promise<void> {
    const bytes = Buffer.byteLength(data);
    if (this.#isClosed) return Promise.reject(notOpen());
    if (this.#waitingBytes + bytes > this.#options.bytesMax) {
      const why = `${this.#waitingBytes} bytes wait already, the server does not keep up`;
      return Promise.reject(new SocketError('congested', `cannot send ${bytes} bytes: ${why}`));
    }
    return new Promise((resolve, reject) => {
      const settle = (error: SocketError | undefined): void => {
        if (error === undefined) resolve();
        else reject(error);
      };
      this.#waitingBytes += bytes;
      this.#waiting.push({ data, bytes, settle });
      this.pump();
    });
  }

  /** A control frame went past the queue: it counts, and never waits. */
  countControl(): void {
    this.#limit.count();
  }

  /** Something may be there to be sent. */
  pump(): void {
    if (this.#isClosed || this.#inFlight !== null || this.#timer !== null) return;
    const { clock, onIdle } = this.#options;
    if (this.#isIdle) {
      onIdle();
      return;
    }
    const { delayMs } = this.#limit;
    const next = delayMs > 0 ? null : this.#next();
    if (next !== null) {
      this.#write(next);
      return;
    }
    this.#timer = clock.after(delayMs, () => {
      this.#timer = null;
      this.pump();
    });
  }

  /** What still waits is refused. */
  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
    this.#urgent.length = 0;
    this.#inFlight?.settle(fateUnknown());
    for (const { settle } of this.#waiting.splice(0)) settle(notOpen());
  }

  get #isIdle(): boolean {
    return this.#urgent.length === 0 && this.#waiting.length === 0 && this.#options.isTold();
  }

  #next(): Waiting | null {
    const own = this.#urgent.shift() ?? this.#options.nextChange();
    if (own !== null) return { data: own, bytes: 0, settle: endsTheConnection };
    return this.#waiting.shift() ?? null;
  }

  #write(next: Waiting): void {
    this.#inFlight = next;
    this.#limit.count();
    this.#options.write(next.data, (error) => {
      if (this.#inFlight !== next) return;
      this.#inFlight = null;
      this.#waitingBytes -= next.bytes;
      next.settle(error === undefined ? undefined : fateUnknown());
      if (error === undefined) this.pump();
    });
  }
}

function notOpen(): SocketError {
  return new SocketError('not_open', 'cannot send: there is no connection');
}

function fateUnknown(): SocketError {
  const why = 'the connection ended: it is not known whether the server has it';
  return new SocketError('reset', why);
}

/** A write that fails ends the connection, which tells why by itself. */
function endsTheConnection(): void {
  return undefined;
}
