import { createServer, type Server, type Socket } from 'node:net';
import type { Caller, Identify } from './caller.ts';
import { openConnection } from './connection.ts';
import type { Dispatcher } from './dispatch.ts';
import type { OnRefusal } from './refusal.ts';
import { listen, type ListenAddress, type Listening } from './listen.ts';
import { Turns } from './turns.ts';

export interface RpcServerOptions {
  readonly address: ListenAddress;
  /** On a Unix socket: `none` makes every caller operator. TCP always asks for a token. */
  readonly auth: 'none' | 'required';
  readonly identify: Identify;
  readonly dispatcher: Dispatcher<Caller>;
  /** Told when a connection could not be accepted, for want of file descriptors for instance. */
  readonly onAcceptError: (error: Error) => void;
  /** Told of connections that did not say who they are; refused calls are the dispatcher's to tell. */
  readonly onRefusal?: OnRefusal;
  /** The longest message accepted, in bytes. Default 1 MiB. */
  readonly messageBytesMax?: number;
  readonly connectionsMax?: number;
  readonly unauthenticatedMax?: number;
  readonly authTimeoutMs?: number;
  readonly callsInFlightMax?: number;
}

/** Of all servers of this process. */
const turns = new Turns({
  nowMs: () => performance.now(),
  nextTurn: setImmediate,
  afterPromises: (callback) => queueMicrotask(() => process.nextTick(callback)),
});

/** The listening side. `start` and `stop` may be called twice, `stop` also without a start. */
export class RpcServer {
  readonly #options: RpcServerOptions;
  readonly #callers = new Set<Caller>();
  #running: { server: Server; listening: Promise<Listening> } | null = null;
  #endpoint: string | null = null;
  #unauthenticatedCount = 0;
  #lastId = 0;

  constructor(options: RpcServerOptions) {
    this.#options = options;
  }

  /** `unix:<path>` or `tcp:127.0.0.1:<port>`; null while not listening. */
  get endpoint(): string | null {
    return this.#endpoint;
  }

  /** How many connections are open. */
  get connectionCount(): number {
    return this.#callers.size;
  }

  /** Rejects when the address cannot be used. */
  async start(): Promise<void> {
    if (this.#running === null) {
      const server = this.#createServer();
      this.#running = { server, listening: listen(server, this.#options.address) };
    }
    const { server, listening } = this.#running;
    try {
      this.#endpoint = (await listening).endpoint;
      server.removeAllListeners('error').on('error', this.#options.onAcceptError);
    } catch (error) {
      server.close();
      this.#running = null;
      throw error;
    }
  }

  /**
   * Listens again at the same address when the socket file was removed; connections stay. Resolves
   * with whether it had to. Rejects when the address cannot be used.
   */
  async repair(): Promise<boolean> {
    const running = this.#running;
    if (running === null || (await running.listening).isInPlace()) return false;
    const server = this.#createServer();
    const listening = await listen(server, this.#options.address);
    if (this.#running !== running) {
      server.close();
      await listening.remove();
      return false;
    }
    server.on('error', this.#options.onAcceptError);
    this.#running = { server, listening: Promise.resolve(listening) };
    running.server.close();
    return true;
  }

  /**
   * Removes the socket file, takes no further calls, lets answers under way be written, and ends all
   * connections, those still open after `deadlineMs` by force.
   */
  async stop(deadlineMs = 2000): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    this.#running = null;
    // When it could not listen there is nothing to remove, and start() has said so.
    const listening = await running.listening.catch(() => null);
    this.#endpoint = null;
    const closed = new Promise<void>((resolve) => running.server.close(() => resolve()));
    await listening?.remove();
    await Promise.all([...this.#callers].map(({ peer }) => peer.close(deadlineMs)));
    await closed;
  }

  #createServer(): Server {
    // Half-open, so that a client may end its side and still read its answers.
    return createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  #accept(socket: Socket): void {
    const options = this.#options;
    const isAuthRequired = options.address.transport === 'tcp' || options.auth === 'required';
    const isCrowded =
      this.#callers.size >= (options.connectionsMax ?? 1024) ||
      (isAuthRequired && this.#unauthenticatedCount >= (options.unauthenticatedMax ?? 16));
    if (isCrowded || this.#running === null) {
      socket.destroy();
      return;
    }
    let isUnknown = true;
    const onKnownOrGone = () => {
      if (isUnknown) this.#unauthenticatedCount -= 1;
      isUnknown = false;
    };
    this.#unauthenticatedCount += 1;
    const caller = openConnection(socket, {
      id: (this.#lastId += 1),
      transport: options.address.transport,
      isAuthRequired,
      identify: options.identify,
      dispatcher: options.dispatcher,
      messageBytesMax: options.messageBytesMax ?? 1024 * 1024,
      callsInFlightMax: options.callsInFlightMax ?? 256,
      authTimeoutMs: options.authTimeoutMs ?? 2000,
      onIdentified: onKnownOrGone,
      onRefusal: options.onRefusal ?? (() => undefined),
      turns,
    });
    this.#callers.add(caller);
    caller.signal.addEventListener('abort', () => {
      this.#callers.delete(caller);
      onKnownOrGone();
    });
  }
}
