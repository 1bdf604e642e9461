import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly status?: number;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** What is neither text nor bytes goes as JSON. */
  readonly body: unknown;
}

/** A real HTTP server with an answer for each question; it knows what it was asked. */
export class VenueServer {
  readonly asked: Asked[] = [];
  readonly #server: Server;

  private constructor(answer: (asked: Asked, number: number) => Answer | Promise<Answer>) {
    this.#server = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const url = new URL(request.url ?? '/', 'http://venue');
        const text = Buffer.concat(chunks).toString();
        const body: unknown = text === '' ? null : JSON.parse(text);
        const asked = { path: url.pathname, query: url.searchParams, body };
        this.asked.push(asked);
        const {
          status = 200,
          type = 'application/json',
          headers = {},
          body: answered,
        } = await answer(asked, this.asked.length);
        response.writeHead(status, { 'content-type': type, ...headers });
        const isReady = typeof answered === 'string' || Buffer.isBuffer(answered);
        response.end(isReady ? answered : JSON.stringify(answered));
      })();
    });
  }

  /** @param answer is also told the number of the question, from 1 */
  static async open(
    answer: (asked: Asked, number: number) => Answer | Promise<Answer>,
  ): Promise<VenueServer> {
    const server = new VenueServer(answer);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  /** The same for all three services. */
  get urls() {
    const url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return { gamma: `${url}/gamma`, clob: `${url}/clob/`, data: `${url}/data` };
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
