import { expect } from 'chai';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, it } from 'mocha';
import { httpClients } from './clients.ts';
import { failureOf } from './failure-of.ts';
import { reply } from './raw-server.ts';

describe('the connections of an HTTP client', () => {
  const { ends, serverThat, newClient } = httpClients();

  it('are replaced without a word when the server has closed an idle one', async () => {
    const server = await serverThat(({ socket }) => socket.write(reply(200)));
    const client = newClient();
    for (let count = 1; count <= 3; count += 1) {
      expect((await client.request(server.url, { method: 'POST', body: 'x' })).attempts).to.equal(
        1,
      );
      server.seen.at(-1)!.socket.end();
      await server.emptied();
    }
    expect(client.metrics[server.url]).to.include({ opened: 3, reused: 0, retries: 0 });
  });

  it('are not used again when something came that was not asked for', async () => {
    const server = await serverThat(({ socket, number }) =>
      socket.write(reply(200, `answer ${number}`)),
    );
    const client = newClient();
    await client.request(server.url);
    const { socket } = server.seen[0]!;
    await new Promise((sent) => socket.write(reply(200, 'not yours'), sent));
    // It is in the kernel's hands; the client reads it in the next turn.
    await nextTurn();
    await nextTurn();
    const answer = await client.request(server.url, { method: 'POST', body: 'x' });
    expect(answer.text()).to.equal('answer 2');
    expect(server.accepted).to.equal(2);
  });

  it('are not used again when the server answered before it had read the whole request', async () => {
    const sockets: Socket[] = [];
    const early = createServer((socket) => {
      sockets.push(socket.on('error', () => socket.destroy()));
      socket.once('data', () => {
        socket.pause();
        socket.write(reply(413));
      });
    });
    early.listen(0, '127.0.0.1');
    await once(early, 'listening');
    ends.push(async () => {
      for (const socket of sockets) socket.destroy();
      await once(early.close(), 'close');
    });
    const url = `http://127.0.0.1:${(early.address() as AddressInfo).port}`;
    const client = newClient();
    const request = { method: 'POST', body: Buffer.alloc(20_000_000) };
    expect((await failureOf(client.request(url, request))).failure).to.have.nested.property(
      'response.status',
      413,
    );
    expect(client.metrics[url]).to.include({ open: 0 });
  });

  it('are of one host each, so that a slow one keeps nobody waiting for another', async () => {
    const slow = await serverThat(() => undefined);
    const quick = await serverThat(({ socket }) => socket.write(reply(200, 'here')));
    const client = newClient({ pool: { max: 1 } });
    const stuck = failureOf(client.request(slow.url));
    await slow.received(1);
    expect((await client.request(quick.url)).text()).to.equal('here');
    await client.close();
    await stuck;
  });

  it('are opened one for each request that is under way, and never more than allowed', async () => {
    let most = 0;
    const server = await serverThat(({ socket }) => {
      most = Math.max(most, server.open);
      setImmediate(() => socket.write(reply(200)));
    });
    const client = newClient({ pool: { max: 3 } });
    await Promise.all(Array.from({ length: 30 }, () => client.request(server.url)));
    expect(most).to.equal(3);
    expect(client.metrics[server.url]).to.include({ opened: 3, reused: 27, open: 3 });
  });

  it('follow redirects to their end, and leave behind what is secret', async () => {
    const other = await serverThat(({ socket }) => socket.write(reply(200, 'the end')));
    const first = await serverThat(({ socket, text }) => {
      const location = text.startsWith('GET /a ') ? '/b' : `${other.url}/c`;
      socket.write(reply(302, 'x'.repeat(100), { Location: location }));
    });
    const client = newClient({ headers: { 'X-Key': 'secret-1' } });
    const response = await client.request(`${first.url}/a`, {
      headers: { Authorization: 'secret-2', Cookie: 'secret-3', Accept: 'text/plain' },
      sign: ({ headers }) => (headers['x-signature'] = 'secret-4'),
    });
    expect(response.text()).to.equal('the end');
    expect(response.url).to.equal(`${other.url}/c`);
    expect(first.seen[1]!.text.match(/secret-\d/g)).to.have.members([
      'secret-1',
      'secret-2',
      'secret-3',
      'secret-4',
    ]);
    expect(other.seen[0]!.text).not.to.match(/secret|referer/i);
    expect(other.seen[0]!.text).to.match(/^accept: text\/plain\r$/m);
    expect(first.accepted).to.equal(1);
  });

  for (const [what, location, says] of [
    [
      'goes round in circles',
      '/again?key=hidden',
      /status 307: it is redirected more than 3 times$/,
    ],
    ['leads to no address', 'http://[', /status 307: the address is not a URL of HTTP$/],
  ] as const)
    it(`give up on a redirect that ${what}`, async () => {
      const { url } = await serverThat(({ socket }) =>
        socket.write(reply(307, '', { Location: location })),
      );
      const client = newClient();
      const error = await failureOf(client.request(url));
      expect(error.failure).to.deep.equal({ kind: 'redirect', status: 307 });
      expect(error.message)
        .to.match(says)
        .and.not.match(/hidden/);
      expect(client.metrics[url]).to.deep.include({ in_flight: 0, errors: { redirect: 1 } });
    });

  it('do not carry an order to another address', async () => {
    const server = await serverThat(({ socket }) =>
      socket.write(reply(308, '', { Location: '/elsewhere' })),
    );
    const error = await failureOf(newClient().request(server.url, { method: 'POST', body: 'x' }));
    expect(error.message).to.match(/status 308: a POST is not sent to another address/);
    expect(server.seen).to.have.length(1);
  });
});
