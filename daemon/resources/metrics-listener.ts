/**
 * `GET /metrics` for Prometheus, on loopback only, when `daemon.metrics.port` asks for it. Whoever is
 * on this machine may read it. Not a browser that was lured here: a request must name loopback as its
 * host, which a page of another site cannot do (DNS rebinding).
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { MetricsText } from '../../rpc/shapes-resources.ts';
import type { Part } from '../part.ts';

const host = '127.0.0.1';
const connectionsMax = 8;
const requestTimeoutMsDefault = 5000;
const retryMsDefault = 30_000;
const headerBytesMax = 8192;

export interface MetricsListenerOptions {
  /** Null for none. It may be another one whenever `configure` is called. */
  readonly port: () => number | null;
  readonly metrics: () => Promise<MetricsText>;
  /** For a whole request to arrive. Default 5000. */
  readonly requestTimeoutMs?: number;
  /** Until a port that was taken is tried again. Default 30 000. */
  readonly retryMs?: number;
  readonly log: {
    readonly info: (fields: object, text: string) => void;
    readonly error: (fields: object, text: string) => void;
  };
}

export class MetricsListener implements Part {
  readonly #options: MetricsListenerOptions;
  #server: Server | null = null;
  #port: number | null = null;
  /** The port that could not be had, of which the log tells once. */
  #missed: number | null = null;
  #retry: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: MetricsListenerOptions) {
    this.#options = options;
  }

  /** A port that is taken is an error in the log, and nothing that a daemon should not start for. */
  start(): Promise<void> {
    return this.#toPort(this.#options.port());
  }

  stop(): Promise<void> {
    return this.#toPort(null);
  }

  /** After a change of the configuration. */
  configure(): void {
    void this.#toPort(this.#options.port());
  }

  /** One change after the other. */
  #toPort(port: number | null): Promise<void> {
    this.#last = this.#last.then(async () => {
      clearTimeout(this.#retry);
      if (port !== this.#missed) this.#missed = null;
      if (port === this.#port) return;
      await this.#close();
      if (port !== null) await this.#listen(port);
    });
    return this.#last;
  }

  async #listen(port: number): Promise<void> {
    const { log, requestTimeoutMs = requestTimeoutMsDefault } = this.#options;
    const server = createServer(
      {
        headersTimeout: requestTimeoutMs,
        requestTimeout: requestTimeoutMs,
        // Else both are looked after every 30 s only.
        connectionsCheckingInterval: requestTimeoutMs,
        maxHeaderSize: headerBytesMax,
      },
      (request, response) => this.#answer(request, response),
    );
    server.maxConnections = connectionsMax;
    server.keepAliveTimeout = requestTimeoutMs;
    try {
      server.listen(port, host);
      await once(server, 'listening');
    } catch (error) {
      this.#tryLater(port, error);
      return;
    }
    server.on('error', (error) => log.error({ err: error }, 'cannot accept a reader of /metrics'));
    this.#server = server;
    this.#port = port;
    this.#missed = null;
    log.info({ port }, 'serving /metrics on loopback');
  }

  #tryLater(port: number, error: unknown): void {
    const { log, retryMs = retryMsDefault } = this.#options;
    const text = `cannot serve /metrics on ${host}:${port}, trying again every ${retryMs / 1000} s — or set daemon.metrics.port to another port and reload`;
    if (this.#missed === null) log.error({ err: error }, text);
    this.#missed = port;
    this.#retry = setTimeout(() => this.configure(), retryMs).unref();
  }

  async #close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    this.#port = null;
    if (!server) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const refusal = refusalOf(request);
    if (refusal) {
      respond(response, refusal.status, 'text/plain; charset=utf-8', `${refusal.why}\n`);
      return;
    }
    this.#options.metrics().then(
      ({ content_type: contentType, text }) => respond(response, 200, contentType, text),
      (error: unknown) => {
        this.#options.log.error({ err: error }, 'cannot answer /metrics');
        respond(response, 500, 'text/plain; charset=utf-8', 'internal error, see the daemon log\n');
      },
    );
  }
}

/** Null when it is to be answered. */
export function refusalOf({
  method,
  url = '',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): { status: number; why: string } | null {
  const named = headers.host?.replace(/:\d+$/, '') ?? '';
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(named))
    return { status: 403, why: 'the host must be loopback' };
  if (url.split('?')[0] !== '/metrics') return { status: 404, why: 'there is only /metrics' };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, why: 'only GET' };
  return null;
}

function respond(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) });
  // Node leaves out the body where HEAD asked.
  response.end(text);
}
