import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { HealthCheck } from '../../../config/effective.ts';
import { check, type CheckedModule, type CheckWays } from '../../../daemon/watchdog/check.ts';
import { freePort } from '../../support/free-port.ts';
import { until } from '../../support/until.ts';

/** What a server does with a connection. */
type Behaviour = (socket: Socket) => void;

const answer =
  (head: string): Behaviour =>
  (socket) =>
    socket.once('data', () => socket.end(`HTTP/1.1 ${head}\r\ncontent-length: 0\r\n\r\n`));

const says =
  (text: string): Behaviour =>
  (socket) =>
    socket.once('data', () => socket.write(text));

/** As much as is taken, for as long as it is. */
const floods =
  (head: string): Behaviour =>
  (socket) => {
    const pour = (): void => {
      while (socket.write('x-more: of the same\r\n'.repeat(100))) continue;
    };
    socket.once('data', () => {
      socket.write(head);
      socket.on('drain', pour);
      pour();
    });
  };

const drips: Behaviour = (socket) => {
  const timer = setInterval(() => socket.write('x'), 10);
  socket.once('close', () => clearInterval(timer));
  socket.write('HTTP/1.1 200 OK\r\nx: ');
};

const ways = {} as CheckWays;

describe('a check by http', () => {
  const open: { server: Server; sockets: Set<Socket> }[] = [];
  afterEach(async () => {
    for (const { server, sockets } of open.splice(0)) {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    }
  });

  async function serve(behaviour: Behaviour) {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      // Whoever asks goes as soon as it knows enough.
      socket.on('error', () => undefined);
      socket.once('close', () => sockets.delete(socket));
      socket.resume();
      behaviour(socket);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push({ server, sockets });
    return { port: (server.address() as AddressInfo).port, sockets };
  }

  const look = (how: HealthCheck, timeoutMs: number) => {
    const config = { health: { check: how } } as CheckedModule['config'];
    const bot = { name: 'bot', launch: 'a', startedMonotonicMs: 0, config };
    return check(bot, ways, AbortSignal.timeout(timeoutMs));
  };

  const rows: [string, Behaviour, RegExp | null][] = [
    ['answers with 200', answer('200 OK'), null],
    ['answers with 204', answer('204 No Content'), null],
    ['redirects', answer('302 Found\r\nlocation: http://127.0.0.1:1/'), null],
    ['answers with 404', answer('404 Not Found'), /^it answered with status 404$/],
    ['answers with 500', answer('500 Internal Server Error'), /^it answered with status 500$/],
    ['resets the connection', (socket) => socket.resetAndDestroy(), /ECONNRESET/],
    ['hangs up', (socket) => socket.end(), /hang up/],
    ['answers with a body that never ends', floods('HTTP/1.1 200 OK\r\n\r\n'), null],
    ['speaks something else', says('SSH-2.0-OpenSSH_9.2\r\n'), /Parse Error/],
    ['answers with headers that never end', floods('HTTP/1.1 200 OK\r\n'), /Header overflow/],
  ];
  for (const [title, behaviour, why] of rows) {
    it(`is ${why === null ? 'good' : 'bad'} when the server ${title}`, async () => {
      const { port, sockets } = await serve(behaviour);
      const outcome = await look({ kind: 'http', url: `http://127.0.0.1:${port}/up` }, 20_000);
      if (why === null) expect(outcome).to.deep.equal({ kind: 'well', said: null });
      else {
        expect(outcome).to.include({ kind: 'ill', restartHelps: true, said: null });
        expect(outcome).to.have.property('why').that.matches(why);
      }
      await until('the connection is given up', () => sockets.size === 0);
    });
  }

  const slow: [string, Behaviour][] = [
    ['accepts and never answers', () => undefined],
    ['answers a byte at a time', drips],
  ];
  for (const [title, behaviour] of slow) {
    it(`is over at its timeout when the server ${title}`, async () => {
      const { port, sockets } = await serve(behaviour);
      const outcome = await look({ kind: 'http', url: `http://127.0.0.1:${port}/up` }, 100);
      expect(outcome).to.deep.include({ kind: 'ill', why: 'it did not answer in time' });
      await until('the connection is given up', () => sockets.size === 0);
    });
  }

  it('is bad when nothing listens', async () => {
    const port = await freePort();
    const outcome = await look({ kind: 'http', url: `http://127.0.0.1:${port}/` }, 20_000);
    expect(outcome).to.deep.include({ kind: 'ill', why: 'nothing listens there' });
  });

  it('by tcp is good when somebody accepts, bad when nobody does', async () => {
    const { port } = await serve(() => undefined);
    expect((await look({ kind: 'tcp', port }, 20_000)).kind).to.equal('well');
    const outcome = await look({ kind: 'tcp', port: await freePort() }, 20_000);
    expect(outcome).to.deep.include({ kind: 'ill', why: 'nothing listens there' });
  });
});
