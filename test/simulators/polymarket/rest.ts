import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../modules/api/clock.ts';
import type { Area, Faults } from './faults.ts';
import { RateLimits } from './rate-limits.ts';
import { refused, type Reply, type VenueRequest } from './reply.ts';

export interface RestParts {
  readonly clock: Clock;
  readonly faults: Faults;
  readonly hasRateLimits: boolean;
  readonly answer: (area: Area, request: VenueRequest) => Reply;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

const host = '127.0.0.1';
const bodyBytesMax = 1024 * 1024;
const listenAgainMs = 50;
const tooMany = { body: 'html', retryAfterSeconds: null } as const;
const html429 =
  '<!DOCTYPE html><html><head><title>Access denied | Error 1015</title></head>' +
  '<body><h1>You are being rate limited</h1></body></html>';

/** The three REST interfaces by the first part of the path, and the stream at /ws/market. */
export class Rest {
  readonly #parts: RestParts;
  readonly #limits = new RateLimits();
  readonly #server: Server;
  #port = 0;
  #isClosed = false;

  constructor(parts: RestParts) {
    this.#parts = parts;
    this.#server = createServer((request, response) => void this.#serve(request, response));
    this.#server.on('upgrade', (request, socket, head) => {
      if (pathOf(request) === '/ws/market') parts.upgrade(request, socket, head);
      else socket.end('HTTP/1.1 404 Not Found\r\n\r\n');
    });
  }

  get port(): number {
    return this.#port;
  }

  listen(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        this.#port = (this.#server.address() as { port: number }).port;
        resolve();
      });
    });
  }

  /** The operating system refuses new connections; streams that are there stay. */
  refuse(): void {
    this.#server.close();
    this.#server.closeIdleConnections();
  }

  /** Listens again, as soon as nobody else has the port. */
  async accept(): Promise<void> {
    if (this.#isClosed || this.#server.listening) return;
    try {
      await this.listen(this.#port);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
      this.#parts.clock.after(listenAgainMs, () => void this.accept());
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { faults, clock } = this.#parts;
    const match = /^\/(gamma|clob|data)(\/.*)$/.exec(pathOf(request));
    if (!match) {
      send(response, refused(404, 'not found'));
      return;
    }
    const [, area, path] = match as unknown as [string, Area, string];
    const body = await readJson(request);

    const heldMs = this.#parts.hasRateLimits ? this.#limits.delayMs(area, path, clock.now()) : 0;
    await this.#wait((heldMs ?? 0) + (faults.strikes('slow', area)?.delayMs ?? 0));
    if (faults.strikes('reset', area) !== null) {
      request.socket.resetAndDestroy();
      return;
    }
    const limited = heldMs === null ? tooMany : faults.strikes('rate-limit', area);
    if (limited !== null) {
      sendLimited(response, limited);
      return;
    }
    const broken = faults.strikes('server-error', area);
    if (broken !== null) {
      send(response, refused(broken.status, 'internal error'));
      return;
    }
    const { searchParams: query } = new URL(request.url ?? '/', 'http://simulator');
    const method = request.method ?? 'GET';
    const reply = this.#parts.answer(area, { method, path, query, body, nowMs: clock.now() });
    if (faults.strikes('truncate', area) === null) send(response, reply);
    else sendHalf(response, reply, faults.random.isLucky(0.5));
  }

  #wait(delayMs: number): Promise<void> {
    if (delayMs <= 0) return Promise.resolve();
    return new Promise((resolve) => this.#parts.clock.after(delayMs, resolve));
  }
}

const pathOf = (request: IncomingMessage): string => (request.url ?? '/').split('?')[0] ?? '/';

function send(response: ServerResponse, { status, body, headers }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...headers });
  response.end(JSON.stringify(body));
}

function sendLimited(
  response: ServerResponse,
  { body, retryAfterSeconds }: { body: 'json' | 'html'; retryAfterSeconds: number | null },
): void {
  const isHtml = body === 'html';
  response.writeHead(429, {
    'content-type': isHtml ? 'text/html; charset=UTF-8' : 'application/json',
    ...(retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  response.end(isHtml ? html429 : JSON.stringify({ error: 'rate limited' }));
}

/** A whole response with half a text, or one that says how long it is and breaks off before. */
function sendHalf(response: ServerResponse, { status, body }: Reply, isWhole: boolean): void {
  const text = Buffer.from(JSON.stringify(body));
  const half = text.subarray(0, Math.floor(text.length / 2));
  const contentLength = isWhole ? half.length : text.length;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': contentLength,
  });
  if (isWhole) response.end(half);
  else response.write(half, () => response.destroy());
}

/** Undefined when there is no JSON, or more of it than the venue takes. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes <= bodyBytesMax) chunks.push(chunk);
    }
    return bytes === 0 || bytes > bodyBytesMax
      ? undefined
      : (JSON.parse(Buffer.concat(chunks).toString()) as unknown);
  } catch {
    // Broken off or no JSON: either way the answer is that the payload is invalid.
    return undefined;
  }
}
