/**
 * A module's connection to the daemon. The daemon may die and come back, or be replaced: the link
 * then connects again, says hello and, where it had, ready again; the module works on meanwhile.
 */
import type { CallOptions } from '../../rpc/calls.ts';
import { dial } from '../../rpc/dial.ts';
import { methodNotFound, type Method } from '../../rpc/dispatch.ts';
import { readEndpoint } from '../../rpc/endpoint.ts';
import { ConnectionClosedError, DaemonUnreachableError, RpcError } from '../../rpc/errors.ts';
import type { Peer } from '../../rpc/peer.ts';
import { pause, realClock } from './clock.ts';
import { reconnectDelayMs } from './link/reconnect-delay.ts';
import type { LinkEnvironment } from './link/environment.ts';
import type { Logger } from './log.ts';

export interface LinkOptions {
  readonly environment: LinkEnvironment;
  /** Claimed for this module: each name is in a namespace that is its own or in its `provides`. */
  readonly methods: ReadonlyMap<string, Method<null>>;
  /** Called by the daemon, but nothing that others may call. */
  readonly daemonMethods: ReadonlyMap<string, Method<null>>;
  /** There is a link, or a new one: before anything that waited for it is called. */
  readonly onUp: (peer: Peer) => void;
  readonly onNotification: (method: string, params: unknown) => void;
  readonly log: Logger;
}

const helloTimeoutMs = 5000;
const callTimeoutMsDefault = 30_000;
/** The most calls that wait for a link that is away. */
const waitingMax = 1000;

export class Link {
  readonly #options: LinkOptions;
  readonly #ended = new AbortController();
  #peer: Peer | null = null;
  readonly #whenUp = new Set<() => void>();
  #isReady = false;
  #isOutageLogged = false;
  #kept: Promise<void> | null = null;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  /** Keeps the link up from now on, until `close`. */
  start(): void {
    this.#kept ??= this.#keep();
  }

  /** Tells the daemon that the module is ready, now and after every reconnect. */
  ready(): void {
    this.#isReady = true;
    if (this.#peer !== null) void this.#sayReady(this.#peer);
  }

  /** Whether the daemon has let this module in and the connection is there. */
  get isUp(): boolean {
    return this.#peer !== null;
  }

  /** Waits for the link where it is away; `timeoutMs` (default 30 000) is for both. */
  async call(method: string, params?: object, options: CallOptions = {}): Promise<unknown> {
    const { timeoutMs = callTimeoutMsDefault } = options;
    const startedAt = performance.now();
    const peer = this.#peer ?? (await this.#up(method, timeoutMs, options.signal));
    const leftMs = Math.max(1, timeoutMs - (performance.now() - startedAt));
    return peer.call(method, params, { ...options, timeoutMs: leftMs });
  }

  /** Ends the link for good and resolves when it is gone. */
  async close(): Promise<void> {
    this.#ended.abort(new ConnectionClosedError());
    await this.#peer?.close();
    await this.#kept;
  }

  async #keep(): Promise<void> {
    let failures: number | 'refused' = 0;
    let isFirst = true;
    while (!this.#ended.signal.aborted) {
      try {
        const peer = await this.#join(isFirst);
        failures = 0;
        await peer.closed;
        this.#peer = null;
      } catch (error) {
        this.#logOutage(error);
        const isRefused = error instanceof RpcError && error.is('unauthenticated');
        failures = isRefused ? 'refused' : failures === 'refused' ? 1 : failures + 1;
      }
      isFirst = false;
      await this.#pause(reconnectDelayMs(failures, realClock.random()));
    }
  }

  async #join(isFirst: boolean): Promise<Peer> {
    const { environment, methods, daemonMethods, onUp, onNotification, log } = this.#options;
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(helloTimeoutMs)]);
    const endpoint = isFirst ? environment.endpoint : currentEndpoint(environment);
    const peer = await dial(endpoint, {
      methods: new Map([...methods, ...daemonMethods]),
      fallback: ({ method, params, isNotification }) => {
        if (!isNotification) throw methodNotFound(method);
        onNotification(method, params);
      },
      logInternalError: (reference, error, method) =>
        log.error(`${method} failed`, { reference, error }),
      signal,
    });
    try {
      const { module, token } = environment;
      const hello = { module, token, methods: [...methods.keys()] };
      const answer = await peer.call('link.hello', hello, { signal });
      const { max_message_bytes: bytesMax } = answer as { max_message_bytes?: number };
      // A daemon that is older than the module does not tell.
      if (bytesMax !== undefined) peer.messageBytesMax = bytesMax;
    } catch (error) {
      // A shutdown may overtake the answer to hello. Its own answer could be lost to a daemon that
      // still writes that one into a connection which is gone.
      if (this.#ended.signal.aborted) await peer.close();
      else peer.destroy();
      throw error;
    }
    this.#peer = peer;
    onUp(peer);
    if (this.#isOutageLogged) log.info('the link to the daemon is back');
    this.#isOutageLogged = false;
    if (this.#isReady) void this.#sayReady(peer);
    for (const wake of [...this.#whenUp]) wake();
    return peer;
  }

  async #sayReady(peer: Peer): Promise<void> {
    try {
      await peer.call('link.ready', {});
    } catch (error) {
      // When the connection closes, ready is said again with the next hello.
      if (error instanceof ConnectionClosedError) return;
      this.#options.log.warn('the daemon did not take "ready"', { error });
    }
  }

  async #up(method: string, timeoutMs: number, signal?: AbortSignal): Promise<Peer> {
    const timeout = AbortSignal.timeout(Math.ceil(timeoutMs));
    const given = signal === undefined ? [] : [signal];
    const stop = AbortSignal.any([timeout, this.#ended.signal, ...given]);
    stop.throwIfAborted();
    if (this.#whenUp.size >= waitingMax) {
      const problem = `cannot call ${method}: the daemon is away and ${waitingMax} calls wait for it`;
      throw new RpcError('refused', problem, { reason: 'busy' });
    }
    await new Promise<void>((resolve) => {
      const wake = () => {
        this.#whenUp.delete(wake);
        resolve();
      };
      this.#whenUp.add(wake);
      stop.addEventListener('abort', wake, { once: true });
    });
    if (this.#peer !== null) return this.#peer;
    if (!timeout.aborted) stop.throwIfAborted();
    throw new RpcError('timeout', `cannot call ${method}: the daemon is away`);
  }

  #logOutage(error: unknown): void {
    if (this.#isOutageLogged || this.#ended.signal.aborted) return;
    this.#isOutageLogged = true;
    this.#options.log.warn('no link to the daemon; the module works on and tries again', { error });
  }

  async #pause(delayMs: number): Promise<void> {
    try {
      await pause(realClock, delayMs, this.#ended.signal);
    } catch (error) {
      if (!this.#ended.signal.aborted) throw error;
    }
  }
}

/** A daemon that came back may listen elsewhere; while it is away its file may be missing. */
function currentEndpoint({ home, endpoint }: LinkEnvironment): string {
  try {
    return readEndpoint(home);
  } catch (error) {
    if (error instanceof DaemonUnreachableError) return endpoint;
    throw error;
  }
}
