import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { EndReason } from './error.ts';
import type { Gap } from './gap.ts';
import type { Protocol } from './protocol.ts';
import type { Rate, RateLimit } from './rates.ts';

export type Headers = Readonly<Record<string, string>>;

/** What it connects to. */
export interface SocketTarget<Message> {
  /** `ws:` or `wss:`. A function is asked for each connection, within its `connectTimeoutMs`. */
  readonly url: string | (() => string | Promise<string>);
  readonly headers?: Headers | (() => Headers | Promise<Headers>);
  readonly protocol: Protocol<Message>;
  /** The first topics; `subscribe` adds to them. */
  readonly topics?: readonly string[];
  /**
   * After so long without data the connection counts as dead, even if it answers pings: venues do
   * freeze. Null where silence is normal. There is no default: only you know how quiet a feed may be.
   * A function is asked at every look, of which there is one with each ping and at least one a
   * minute, for feeds whose pace shows only while they run.
   */
  readonly dataTimeoutMs: number | null | (() => number | null);
  /** Everything is subscribed to on the first connection, or again on one after a loss. */
  readonly onOpen?: () => unknown;
  /** The connection on which everything was subscribed to is gone, and none has taken over. */
  readonly onLost?: (reason: EndReason) => unknown;
  /**
   * Something may be missing before the next message. Called in order with the messages, and awaited
   * before the next one is given: the place to read a snapshot. Default: a line in the log.
   */
  readonly onGap?: (gap: Gap) => unknown;
  /** The server refused topics; they are asked for again on the next connection. Default: a line in the log. */
  readonly onRefused?: (topics: readonly string[], why: string) => unknown;
  /** Closes the socket when it aborts. */
  readonly signal?: AbortSignal;
  /** Default: the module's. */
  readonly log?: Logger;
  /** Attempts to connect; one for all sockets that the venue counts together. Default: 30 a minute. */
  readonly attempts?: RateLimit;
  /** Default: the real one. */
  readonly clock?: Clock;
}

/** Bounds, with a default each: `socketDefaults`. */
export interface SocketLimits {
  /** Address, DNS, TCP, TLS and upgrade together. */
  readonly connectTimeoutMs: number;
  /** Null: no pings are sent. */
  readonly pingIntervalMs: number | null;
  /** Within it the server has to send anything after a ping. */
  readonly pongTimeoutMs: number;
  /** Within it a change of topics has to be acknowledged. Null: the venue does not do that. */
  readonly ackTimeoutMs: number | null;
  readonly topicsPerMessage: number;
  /** More topics than that get a connection more. Null: one connection has all of them. */
  readonly topicsPerConnection: number | null;
  /** Of all that is sent on a connection, pings and pongs included, which are counted and never wait. */
  readonly messageRates: readonly Rate[];
  /** After it a second connection takes over. Null: when the server says so, or `roll` is called. */
  readonly ageMsMax: number | null;
  /** How long both connections are open at least, where no message proves that nothing is missing. */
  readonly overlapMs: number;
  readonly overlapMsMax: number;
  readonly reconnectDelayMsMin: number;
  readonly reconnectDelayMsMax: number;
  /** After an answer such as 403, 418 or 429 that does not say how long to stay away. */
  readonly refusedDelayMs: number;
  /** After so long a connection counts as good, and its end is no failure. */
  readonly stableMs: number;
  /** Failures in a row, after which it is closed with the last one. Null: it never gives up. */
  readonly failuresMax: number | null;
  readonly payloadBytesMax: number;
  /** What waits to be taken. */
  readonly queueMessagesMax: number;
  readonly queueBytesMax: number;
  /** `drop_oldest`: a gap takes their place; `close`: the socket closes with the error `overflow`. */
  readonly whenFull: 'drop_oldest' | 'close';
  /** What waits to be sent. */
  readonly sendBytesMax: number;
  /** For the server's goodbye, at the end and when it is asked to close in a rollover. */
  readonly closeTimeoutMs: number;
}

export type SocketOptions<Message> = SocketTarget<Message> & Partial<SocketLimits>;

export const socketDefaults: SocketLimits = {
  connectTimeoutMs: 10_000,
  pingIntervalMs: 20_000,
  pongTimeoutMs: 10_000,
  ackTimeoutMs: null,
  topicsPerMessage: 200,
  topicsPerConnection: null,
  messageRates: [{ max: 4, perMs: 1000 }],
  ageMsMax: 23 * 3_600_000,
  overlapMs: 1000,
  overlapMsMax: 15_000,
  reconnectDelayMsMin: 500,
  reconnectDelayMsMax: 30_000,
  refusedDelayMs: 60_000,
  stableMs: 30_000,
  failuresMax: null,
  payloadBytesMax: 4 * 1024 * 1024,
  queueMessagesMax: 10_000,
  queueBytesMax: 16 * 1024 * 1024,
  whenFull: 'drop_oldest',
  sendBytesMax: 1024 * 1024,
  closeTimeoutMs: 2000,
};

/** At this moment. Throws what the author's function throws. */
export function allowedSilenceMs<Message>({ dataTimeoutMs }: SocketTarget<Message>): number | null {
  return typeof dataTimeoutMs === 'function' ? dataTimeoutMs() : dataTimeoutMs;
}

/** Throws a RangeError that names the option which makes no sense. */
export function limitsOf(options: Partial<SocketLimits>): SocketLimits {
  const given = Object.entries(options).filter(
    ([name, value]) => Object.hasOwn(socketDefaults, name) && (value as unknown) !== undefined,
  );
  const limits = { ...socketDefaults, ...(Object.fromEntries(given) as Partial<SocketLimits>) };
  for (const [name, value] of Object.entries(limits) as [string, unknown][]) {
    if (typeof value === 'number' && !(value > 0)) {
      throw new RangeError(`cannot open a socket: ${name} is ${value}, and must be more than 0`);
    }
  }
  return limits;
}
