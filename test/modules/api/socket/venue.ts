/**
 * A venue as the tests need it: a real WebSocket server that numbers what it publishes, and does to
 * each connection what the test asks for.
 */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo, Socket as TcpSocket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { openSocket, type Incoming, type SocketOptions } from '../../../../modules/api/socket.ts';
import type { Logger } from '../../../../modules/api/log.ts';
import type { SubscriptionChange } from '../../../../modules/api/socket/subscriptions.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

export interface Tick {
  readonly topic: string;
  readonly n: number;
}

interface Asked {
  readonly op: SubscriptionChange['action'];
  readonly topics: readonly string[];
  readonly id: number;
}

export class Venue {
  readonly connections: Customer[] = [];
  /** Set before a connection comes. */
  acknowledges = true;
  refused = new Set<string>();
  isMute = false;
  hasAutoPong = true;
  readonly #server: WebSocketServer;
  #n = 0;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket: WebSocket, request: IncomingMessage) => {
      this.connections.push(new Customer(this, socket, request));
    });
  }

  static async open(): Promise<Venue> {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, autoPong: false });
    await once(server, 'listening');
    return new Venue(server);
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/feed`;
  }

  get published(): number {
    return this.#n;
  }

  get open(): readonly Customer[] {
    return this.connections.filter(({ isOpen }) => isOpen);
  }

  /** The connection that came last. */
  get last(): Customer {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error('nobody has come yet');
    return last;
  }

  publish(topic = 'a'): Tick {
    const tick = { topic, n: ++this.#n };
    for (const customer of this.open) customer.tell(tick);
    return tick;
  }

  async close(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** One connection, seen from the venue. */
export class Customer {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly topics = new Set<string>();
  readonly said: string[] = [];
  isMute: boolean;
  /** Ticks are kept back until `catchUp`: a server that lags behind. */
  isLagging = false;
  readonly #behind: Tick[] = [];

  constructor(venue: Venue, socket: WebSocket, request: IncomingMessage) {
    this.socket = socket;
    this.request = request;
    this.isMute = venue.isMute;
    socket.on('error', () => socket.terminate());
    socket.on('ping', (data: Buffer) => {
      if (venue.hasAutoPong) socket.pong(data);
    });
    socket.on('message', (data: Buffer) => {
      this.said.push(data.toString());
      if (data.toString().startsWith('{')) this.#obey(venue, JSON.parse(data.toString()) as Asked);
    });
  }

  get isOpen(): boolean {
    return this.socket.readyState === this.socket.OPEN;
  }

  get asked(): readonly Asked[] {
    return this.said.filter((one) => one.startsWith('{')).map((one) => JSON.parse(one) as Asked);
  }

  tell(tick: Tick): void {
    if (this.isMute || !this.topics.has(tick.topic)) return;
    if (this.isLagging) this.#behind.push(tick);
    else this.say(tick);
  }

  catchUp(): void {
    this.isLagging = false;
    for (const tick of this.#behind.splice(0)) this.say(tick);
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** As a host that is stopped: nothing is read, nothing is sent, the connection stays. */
  freeze(): void {
    this.isMute = true;
    this.tcp.pause();
    this.socket.pause();
  }

  /** The connection breaks without a goodbye. */
  break(): void {
    this.tcp.resetAndDestroy();
  }

  /** Resolves when the other side has dealt with everything that was said before. */
  async heard(): Promise<void> {
    const answered = once(this.socket, 'pong');
    this.socket.ping();
    await answered;
  }

  get tcp(): TcpSocket {
    return this.request.socket;
  }

  #obey(venue: Venue, { op, topics, id }: Asked): void {
    for (const topic of topics) {
      if (venue.refused.has(topic)) {
        this.say({ refused: id });
        return;
      }
      if (op === 'subscribe') this.topics.add(topic);
      else this.topics.delete(topic);
    }
    if (venue.acknowledges) this.say({ ack: id });
  }
}

export const silent: Logger = { debug: drop, info: drop, warn: drop, error: drop };

function drop(): void {
  return undefined;
}

type Said = Tick | { ack: number } | { refused: number } | { notice: string };

export const protocol = {
  read(data: string | Buffer): Incoming<Tick> {
    const said = JSON.parse(data.toString()) as Said;
    if ('ack' in said) return { kind: 'ack', id: said.ack };
    if ('refused' in said) return { kind: 'refusal', id: said.refused, why: 'no such topic' };
    if ('notice' in said) return { kind: 'notice', why: said.notice };
    return { kind: 'data', message: said, key: said.n };
  },
  change: ({ action: op, topics, id }: SubscriptionChange): string =>
    JSON.stringify({ op, topics, id }),
};

/** Options that suit the venue; time stands still until the test moves it. */
export function optionsFor(
  venue: { readonly url: string },
  clock: FakeClock,
  changes: Partial<SocketOptions<Tick>> = {},
): SocketOptions<Tick> {
  return {
    url: venue.url,
    protocol,
    topics: ['a'],
    dataTimeoutMs: null,
    pingIntervalMs: null,
    ackTimeoutMs: 5000,
    messageRates: [],
    ageMsMax: null,
    log: silent,
    clock,
    ...changes,
  };
}

/** A socket on its own venue, whose messages and gaps are written down as they are given. */
export class Subscriber {
  readonly clock: FakeClock;
  readonly socket: ReturnType<typeof openSocket<Tick>>;
  /** Numbers, and a reason in place of each gap. */
  readonly story: (number | string)[] = [];
  readonly generations: number[] = [];

  constructor(
    venue: { readonly url: string },
    changes: Partial<SocketOptions<Tick>> = {},
    clock = new FakeClock(),
  ) {
    this.clock = clock;
    this.socket = openSocket(
      optionsFor(venue, clock, { onGap: ({ reason }) => this.story.push(reason), ...changes }),
    );
    void this.#read();
  }

  get state(): string {
    return this.socket.metrics.state;
  }

  /** Closes it, whether or not the venue says goodbye. */
  async end(): Promise<void> {
    const closed = this.socket.close();
    await this.clock.advance(60_000);
    await closed;
  }

  async #read(): Promise<void> {
    try {
      for await (const { message, generation } of this.socket) {
        this.story.push(message.n);
        this.generations.push(generation);
      }
    } catch (error) {
      this.story.push(`failed: ${(error as { kind: string }).kind}`);
    }
  }
}

/** A socket that nobody reads from but the test. */
export async function unread(venue: Venue, changes: Partial<SocketOptions<Tick>> = {}) {
  const clock = new FakeClock();
  const socket = openSocket(optionsFor(venue, clock, changes));
  await clock.advance(0);
  await eventually('an open socket', () => socket.metrics.state === 'open');
  const publish = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) venue.publish();
    await venue.last.heard();
  };
  return { socket, clock, publish };
}

const deadlineMs = 10_000;

/** Resolves with what `look` sees as soon as that is something; looks in every turn of the loop. */
export async function eventually<T>(
  what: string,
  look: () => T,
): Promise<NonNullable<Exclude<T, false>>> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const seen = look();
    if (seen !== null && seen !== undefined && seen !== false) {
      return seen as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() > endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
