// Who does not say who they are: crowds of them, slow ones, and browsers.
import { expect } from 'chai';
import { describe, it } from 'mocha';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { abusedDaemon, line, login, request, waysWithToken } from './abused-daemon.ts';
import { receivedTexts } from './oracle.ts';
import { until } from '../support/until.ts';
import { setTimeout as delay } from 'node:timers/promises';
import type { RawClient } from '../rpc/wire.ts';

/** How many may be unknown at the same time. */
const strangersMax = 16;

describe('strangers', () => {
  for (const way of waysWithToken) {
    describe(`on ${way}`, () => {
      const daemon = abusedDaemon(way);

      it('are turned away beyond 16, while those who are known go on', async () => {
        const client = await daemon.enter();
        const crowd = await Promise.all(Array.from({ length: 100 }, () => daemon.open()));
        let goneCount = 0;
        for (const each of crowd) void each.ended.then(() => (goneCount += 1));
        for (let n = 0; n < 50; n += 1) {
          expect(await client.ask(request('module.list'))).to.have.property('result');
        }
        await until('all but 16 are gone', () => goneCount >= crowd.length - strangersMax);
        // The others had no word in it, and go by the deadline.
        const received = await Promise.all(crowd.map((each) => each.ended));
        expect(received.join('')).to.equal('');
        // Its side of a connection may close a moment after ours.
        const entered = await until('there is room again', async () => {
          const late = await daemon.open();
          return late.ask(login(daemon.token)).catch(() => late.ended.then(() => null));
        });
        expect(entered).to.have.nested.property('result.role');
      });

      it('who are slow, silent or wrong are not waited for', async () => {
        const bytes = Buffer.from(line(login(daemon.token)).padStart(1000, ' '));
        const slow = await Promise.all(Array.from({ length: 8 }, () => daemon.open()));
        const said = [
          '',
          '{',
          '{"jsonrpc":"2.0"',
          ' '.repeat(4096),
          line({}),
          'x\n',
          line(login(7)),
        ];
        const clients = await Promise.all(said.map(() => daemon.open()));
        for (const [n, client] of clients.entries()) client.write(said[n] ?? '');

        const sent = await Promise.all(slow.map((client) => trickle(client, bytes)));
        expect(Math.max(...sent)).to.be.lessThan(bytes.length);
        for (const client of slow) expect(await client.ended).to.equal('');

        const received = await Promise.all(clients.map((client) => client.ended));
        expect(received.slice(0, 4).join('')).to.equal('');
        expect(receivedTexts(received[4] ?? '')).to.deep.equal(['null → -32001']);
        expect(received[5]).to.equal('');
        expect(receivedTexts(received[6] ?? '')).to.deep.equal(['"login" → -32001']);
      });
    });
  }

  describe('in a browser', () => {
    const daemon = abusedDaemon('tcp');
    const start = { ...request('module.start', { module: 'sleeper' }) };

    /** With the token even, which no page can know. */
    function body(): string {
      return line(login(daemon.token)) + line({ ...start, auth: daemon.token });
    }

    const requests: Record<string, readonly string[]> = {
      'a GET': ['GET /?{"jsonrpc":"2.0"} HTTP/1.1', 'Host: 127.0.0.1'],
      'a POST of text/plain': ['POST / HTTP/1.1', 'Host: 127.0.0.1', 'Content-Type: text/plain'],
      'a POST in HTTP/1.0': ['POST / HTTP/1.0'],
      'a preflight': ['OPTIONS / HTTP/1.1', 'Origin: http://evil.test'],
      'a WebSocket': ['GET / HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket'],
      'a PUT with an odd method': ['{"jsonrpc":"2.0"} / HTTP/1.1', 'Host: 127.0.0.1'],
      'the preface of HTTP/2': ['PRI * HTTP/2.0', '', 'SM', ''],
    };
    for (const [name, head] of Object.entries(requests)) {
      it(`are heard to the end of the first line: ${name}`, async () => {
        const text = `${head.join('\r\n')}\r\n\r\n${body()}`;
        const whole = await daemon.open();
        whole.write(text);
        expect(await whole.ended).to.equal('');
        const pieces = await daemon.open();
        for (const piece of text.match(/[^]{1,7}/g)!) pieces.write(piece);
        expect(await pieces.ended).to.equal('');
        const known = await daemon.enter();
        known.write(text);
        expect((await known.ended).split('\n').slice(1)).to.deep.equal(['']);
        expect((await daemon.home.module('sleeper')).state).to.equal('stopped');
      });
    }

    it('get nothing from fetch', async () => {
      const url = daemon.endpoint.replace('tcp:', 'http://');
      for (const method of ['POST', 'PUT']) {
        const answer = await fetch(url, { method, body: body() }).catch((error: unknown) => error);
        expect(answer).to.be.instanceOf(TypeError);
      }
      expect((await daemon.home.module('sleeper')).state).to.equal('stopped');
    });

    it('get no handshake of TLS', async () => {
      const port = Number(daemon.endpoint.split(':').at(-1));
      const socket = connectTls({ host: '127.0.0.1', port });
      const [error] = (await once(socket, 'error')) as [Error];
      expect(error.message).to.match(/ECONNRESET|disconnected|socket/i);
      socket.destroy();
    });
  });
});

/** Resolves with how many bytes were sent when the connection ended. */
async function trickle(client: RawClient, bytes: Buffer): Promise<number> {
  let isEnded = false;
  void client.ended.then(() => (isEnded = true));
  const hasEnded = (): boolean => isEnded;
  let sent = 0;
  // The pace of the attack, not a wait for anything.
  for (; sent < bytes.length; sent += 1) {
    if (hasEnded()) break;
    client.write(bytes.subarray(sent, sent + 1));
    await delay(20);
  }
  return sent;
}
