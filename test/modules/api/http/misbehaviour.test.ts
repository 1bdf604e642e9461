import { expect } from 'chai';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, it } from 'mocha';
import { HttpClient, type HttpClientOptions } from '../../../../modules/api/http.ts';
import { failureOf } from './failure-of.ts';
import { type RawServer, rawServer, reply, type Seen } from './raw-server.ts';

const once = { attempts: 1 };

describe('an HTTP client and servers that misbehave', () => {
  let server: RawServer | null = null;
  let client: HttpClient | null = null;

  afterEach(async () => {
    await client?.close();
    await server?.close();
    server = null;
    client = null;
  });

  async function against(answer: (seen: Seen) => void, options: HttpClientOptions = {}) {
    server = await rawServer(answer);
    client = new HttpClient({ retry: once, ...options });
    return { server, client, url: `${server.url}/path` };
  }

  interface Case {
    readonly what: string;
    readonly sends: (socket: Seen['socket']) => void;
    readonly kind: string;
    readonly says: RegExp;
  }
  const half = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf';
  const zipped = gzipSync(Buffer.alloc(20_000, 'x'));
  const withGzip = (body: Buffer) =>
    Buffer.concat([
      Buffer.from(
        `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${body.length}\r\n\r\n`,
      ),
      body,
    ]);
  const cases: readonly Case[] = [
    {
      what: 'closes without an answer',
      sends: (socket) => socket.end(),
      kind: 'network',
      says: /socket hang up/,
    },
    {
      what: 'resets the connection',
      sends: (socket) => socket.resetAndDestroy(),
      kind: 'network',
      says: /ECONNRESET/,
    },
    {
      what: 'closes within the head',
      sends: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le'),
      kind: 'network',
      says: /./,
    },
    {
      what: 'closes within the body',
      sends: (socket) => socket.end(half),
      kind: 'network',
      says: /./,
    },
    {
      what: 'resets within the body',
      sends: (socket) => socket.write(half, () => socket.resetAndDestroy()),
      kind: 'network',
      says: /./,
    },
    {
      what: 'closes within a chunk',
      sends: (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc'),
      kind: 'network',
      says: /./,
    },
    {
      what: 'closes between two chunks',
      sends: (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
      kind: 'network',
      says: /./,
    },
    {
      what: 'sends a chunk without a length',
      sends: (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n'),
      kind: 'network',
      says: /./,
    },
    {
      what: 'speaks no HTTP',
      sends: (socket) => socket.end('220 mail.example.org ESMTP\r\n'),
      kind: 'network',
      says: /Parse Error/,
    },
    {
      what: 'sends bytes without sense',
      sends: (socket) => socket.end(Buffer.from([0, 1, 2, 255, 254, 13, 10, 13, 10])),
      kind: 'network',
      says: /Parse Error/,
    },
    {
      what: 'gives two lengths',
      sends: (socket) =>
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc'),
      kind: 'network',
      says: /Content-Length/,
    },
    {
      what: 'gives a length and chunks',
      sends: (socket) =>
        socket.end(
          'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
        ),
      kind: 'network',
      says: /./,
    },
    {
      what: 'sends a head without end',
      sends: (socket) =>
        endless(socket, 'HTTP/1.1 200 OK\r\n', 'X-Filler: 0123456789\r\n'.repeat(100)),
      kind: 'network',
      says: /Header overflow|HPE_HEADER_OVERFLOW/i,
    },
    {
      what: 'sends a body without end',
      sends: (socket) => endless(socket, 'HTTP/1.1 200 OK\r\n\r\n', 'x'.repeat(1000)),
      kind: 'body_too_large',
      says: /longer than 10000 bytes/,
    },
    {
      what: 'sends chunks without end',
      sends: (socket) =>
        endless(
          socket,
          'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
          `3e8\r\n${'x'.repeat(1000)}\r\n`,
        ),
      kind: 'body_too_large',
      says: /longer than 10000 bytes/,
    },
    {
      what: 'announces a body that is too long',
      sends: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n'),
      kind: 'body_too_large',
      says: /longer than 10000 bytes/,
    },
    {
      what: 'sends a decompression bomb',
      sends: (socket) => socket.end(withGzip(zipped)),
      kind: 'body_too_large',
      says: /longer than 10000 bytes/,
    },
    {
      what: 'cuts a compressed body off, of the right length',
      sends: (socket) => socket.end(withGzip(gzipSync('0123456789'.repeat(50)).subarray(0, -9))),
      kind: 'bad_encoding',
      says: /not readable as "gzip"/,
    },
    {
      what: 'calls something gzip that is not',
      sends: (socket) => socket.end(withGzip(Buffer.from('{"ok": true}'))),
      kind: 'bad_encoding',
      says: /gzip/,
    },
    {
      what: 'uses an encoding that nobody asked for',
      sends: (socket) => socket.end(reply(200, 'abc', { 'Content-Encoding': 'gzip, br' })),
      kind: 'bad_encoding',
      says: /"gzip, br"/,
    },
    {
      what: 'switches to another protocol',
      sends: (socket) =>
        socket.end(
          'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
        ),
      kind: 'network',
      says: /./,
    },
  ];

  for (const { what, sends, kind, says } of cases)
    it(`gives "${kind}" when it ${what}, and leaves no socket`, async () => {
      const { client, url, server } = await against(({ socket }) => sends(socket), {
        bodyBytesMax: 10_000,
        stallTimeoutMs: 1000,
      });
      const error = await failureOf(client.request(url));
      expect(error).to.include({ kind, attempts: 1, mayHaveArrived: true });
      expect(error.message).to.match(says);
      await server.emptied();
      expect(client.metrics[server.url]).to.deep.include({
        in_flight: 0,
        open: 0,
        errors: { [kind]: 1 },
      });
    });
});

/** Until the other side closes. */
function endless(socket: Seen['socket'], head: string, piece: string): void {
  socket.write(head);
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}
