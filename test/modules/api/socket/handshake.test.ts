import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Socket } from 'node:net';
import { openSocket, type SocketError } from '../../../../modules/api/socket.ts';
import type { SocketOptions } from '../../../../modules/api/socket/options.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { accepted, RawServer } from './raw-server.ts';
import { eventually, optionsFor, type Tick } from './venue.ts';

const secret = 'tOp-5ecret-T0ken';

describe('handshake', () => {
  let server: RawServer | null = null;
  let clock: FakeClock;
  const logged: string[] = [];
  const write = (message: string, fields?: object): void => {
    logged.push(`${message} ${JSON.stringify(fields)}`);
  };
  const log = { debug: write, info: write, warn: write, error: write };

  beforeEach(() => {
    clock = new FakeClock();
  });

  afterEach(async () => {
    await server?.close();
    server = null;
    logged.length = 0;
  });

  /** The error of the first attempt, which is also the last. */
  async function failure(
    answer: (socket: Socket, request: string) => void,
    changes: Partial<SocketOptions<Tick>> = {},
    passes: () => Promise<void> = () => Promise.resolve(),
  ): Promise<SocketError> {
    server = await RawServer.open(answer);
    const options = optionsFor(server, clock, { failuresMax: 1, log, ...changes });
    const socket = openSocket(options);
    await clock.advance(0);
    await passes();
    const error = await socket.closed;
    expect(socket.metrics).to.include({ sockets: 0, state: 'closed', opened: 0 });
    return error!;
  }

  const requested = async (): Promise<void> => {
    await eventually('the request', () => server!.requests.length === 1);
    await clock.advance(10_000);
  };
  const connected = async (): Promise<void> => {
    await eventually('a connection', () => server!.connections.length === 1);
    await clock.advance(10_000);
  };

  for (const [what, answer, passes] of [
    ['never answers', () => undefined, requested],
    ['answers byte by byte and never ends', drips, requested],
  ] as const) {
    it(`has one deadline for a server that ${what}`, async () => {
      const error = await failure(answer, {}, passes);
      expect(error).to.include({ kind: 'connect_timeout', status: null });
      expect(error.message).to.include('10000 ms');
    });
  }

  it('has the same deadline for TLS that never comes about', async () => {
    const tls = (): string => server!.url.replace('ws:', 'wss:');
    expect(await failure(() => undefined, { url: tls }, connected)).to.include({
      kind: 'connect_timeout',
    });
  });

  it('has the same deadline for an address that never comes', async () => {
    const passes = (): Promise<void> => clock.advance(10_000);
    const never = (): Promise<string> => new Promise(() => undefined);
    const error = await failure(() => undefined, { url: never }, passes);
    expect(error.kind).to.equal('connect_timeout');
  });

  it('waits no longer for the rest of a refusal than for a connection', async () => {
    const stalls = (socket: Socket): unknown =>
      socket.write('HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 100\r\n\r\nslow');
    const error = await failure(stalls, {}, requested);
    expect(error).to.include({ kind: 'refused', status: 429, retryAfterMs: 7000 });
  });

  for (const [status, header, retryAfterMs] of [
    [429, 'Retry-After: 12\r\n', 12_000],
    [418, 'Retry-After: 120\r\n', 120_000],
    [403, '', null],
    [503, 'Retry-After: DATE\r\n', 60_000],
    [500, 'Retry-After: soon\r\n', null],
  ] as const) {
    it(`tells of HTTP ${status} with ${header === '' ? 'no Retry-After' : header.trim()}`, async () => {
      const error = await failure((socket) => {
        const date = new Date(clock.now() + 60_000).toUTCString();
        const dated = header.replace('DATE', date);
        socket.end(`HTTP/1.1 ${status} No\r\n${dated}Content-Length: 8\r\n\r\ngo away\n`);
      });
      expect(error).to.include({ kind: 'refused', status });
      expect(error.message).to.match(
        new RegExp(`^cannot connect to ws://127.0.0.1:\\d+: .*${status}: go away$`),
      );
      if (retryAfterMs === null) expect(error.retryAfterMs).to.equal(null);
      else expect(error.retryAfterMs).to.be.within(retryAfterMs - 1000, retryAfterMs);
    });
  }

  it('does not follow a redirect, and names only its host', async () => {
    const error = await failure((socket) => {
      socket.end(
        `HTTP/1.1 302 Found\r\nLocation: wss://other.example/x?token=${secret}\r\nContent-Length: 0\r\n\r\n`,
      );
    });
    expect(error).to.include({ kind: 'refused', status: 302 });
    expect(error.message).to.include('it redirects to wss://other.example, which is not followed');
  });

  for (const [what, answer] of [
    [
      'a wrong accept key',
      (request: string) => accepted(request).replace(/Accept: ..../, 'Accept: AAAA'),
    ],
    [
      'an extension that nobody asked for',
      (request: string) =>
        accepted(request).replace(
          /\r\n\r\n$/,
          '\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n',
        ),
    ],
    ['something that is not HTTP', () => 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    [
      'headers without end',
      (request: string) => accepted(request).replace(/\r\n\r\n$/, `\r\nX: ${'x'.repeat(100_000)}`),
    ],
  ] as const) {
    it(`does not accept ${what}`, async () => {
      const error = await failure((socket, request) => void socket.write(answer(request)));
      expect(error).to.include({ kind: 'connect_failed', status: null });
      expect(error.message).to.match(/^cannot connect to ws:\/\/127\.0\.0\.1:\d+: ./);
    });
  }

  it('tells of a reset, and of a port where nobody listens', async () => {
    const reset = await failure((socket) => void socket.resetAndDestroy());
    expect(reset).to.include({ kind: 'connect_failed' });
    const nobody = await failure(() => undefined, { url: 'ws://127.0.0.1:1/' });
    expect(nobody.message).to.include('ECONNREFUSED');
  });

  it('shows nothing of an answer but the begin, in one line', async () => {
    const error = await failure((socket) => {
      socket.write('HTTP/1.1 400 Bad\r\n\r\n');
      socket.write(`\u001b[31mno\r\nway\u0000 ${'x'.repeat(5000)}`);
    });
    expect(error.message).to.match(/400: \[31mno way x+…$/);
    expect(error.message.length).to.be.below(300);
  });

  it('never shows a secret: not of the address, not of a header, not when the server repeats them', async () => {
    const headers = { authorization: `Bearer ${secret}`, 'x-key': `key-${secret}` };
    const url = (): string =>
      `${server!.url.replace('//', `//user:pw-${secret}@`)}/listen-${secret}?token=${secret}%3D`;
    const error = await failure(
      (socket, request) => {
        socket.end(`HTTP/1.1 401 No\r\nX: ${secret}\r\n\r\n${request}`);
      },
      { url, headers },
    );
    expect(server!.requests[0]).to.include(secret);
    expect(error.status).to.equal(401);
    expect(`${String(error.stack)}${JSON.stringify(error)}${logged.join('')}`).not.to.include(
      secret,
    );
    expect(logged).not.to.be.empty;
  });

  for (const url of ['http://host/', 'not an address', 'ws://host/#part']) {
    it(`refuses ${url} at once, or when a function returns it`, async () => {
      const options = optionsFor({ url }, clock);
      expect(() => openSocket(options)).to.throw(TypeError, 'not one of a WebSocket');
      const error = await failure(() => undefined, { url: () => url });
      expect(error).to.include({ kind: 'connect_failed' });
    });
  }

  function drips(socket: Socket): void {
    for (const byte of 'HTTP/1.1 101 Switch\r\nUpgrade: web') socket.write(byte);
  }
});
