// Servers and HTTP clients of a test, closed after it, the last one first.
import { afterEach } from 'mocha';
import { HttpClient, type HttpClientOptions } from '../../../../modules/api/http.ts';
import { rawServer, type RawServer, type Seen } from './raw-server.ts';
import { WatchedClock } from './watched-clock.ts';

/** Within a suite. */
export function httpClients() {
  const ends: (() => Promise<unknown>)[] = [];

  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  async function serverThat(answer: (seen: Seen) => void): Promise<RawServer> {
    const server = await rawServer(answer);
    ends.push(() => server.close());
    return server;
  }

  function newClient(options: HttpClientOptions = {}): HttpClient {
    const client = new HttpClient(options);
    ends.push(() => client.close());
    return client;
  }

  /** A server, and a client whose time the test moves. */
  async function setUp(answer: (seen: Seen) => void, options: HttpClientOptions = {}) {
    const server = await serverThat(answer);
    const clock = new WatchedClock();
    return { server, clock, client: newClient({ clock, ...options }), url: server.url };
  }

  return { ends, serverThat, newClient, setUp };
}
