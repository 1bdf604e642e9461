import { expect } from 'chai';
import { once } from 'node:events';
import net, { type AddressInfo } from 'node:net';
import { describe, it } from 'mocha';
import { openHttp } from '../../../../modules/api/http.ts';
import { httpClients } from './clients.ts';
import { failureOf } from './failure-of.ts';
import { reply, type Seen } from './raw-server.ts';

// Chance is in the middle, so the first delays are 500 and 1000 ms.
describe('how long an HTTP client waits, and for what', () => {
  const { ends, setUp } = httpClients();

  it('tells a connection that does not come about from everything else', async () => {
    // It accepts, and says nothing: TLS never begins.
    const silent = net.createServer((socket) =>
      socket.resume().on('error', () => socket.destroy()),
    );
    silent.listen(0, '127.0.0.1');
    await once(silent, 'listening');
    ends.push(() => once(silent.close(), 'close'));
    const { clock, client } = await setUp(() => undefined, { retry: { attempts: 1 } });
    const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const failed = failureOf(client.request(url, { method: 'POST', body: 'x' }));
    await once(silent, 'connection');
    await clock.advance(10_000);
    const error = await failed;
    expect(error.failure).to.deep.equal({ kind: 'timeout', limit: 'connect', limitMs: 10_000 });
    expect(error.mayHaveArrived).to.equal(false);
    expect(error.message).to.match(/^cannot POST https:.*: no connection within 10 s$/);
  });

  it('tells a server that does not answer, and warns that an order may have been taken', async () => {
    const { server, clock, client, url } = await setUp(() => undefined);
    const failed = failureOf(client.request(`${url}/order`, { method: 'POST', body: 'x' }));
    await server.received(1);
    await clock.advance(30_000);
    const error = await failed;
    expect(error.failure).to.deep.equal({ kind: 'timeout', limit: 'stall', limitMs: 30_000 });
    expect(error.mayHaveArrived).to.equal(true);
    expect(error.message).to.match(
      /nothing came within 30 s — it may have been carried out: ask before you send it again$/,
    );
    await server.emptied();
  });

  it('tells an answer that stops in the middle, and not one that is slow', async () => {
    let socket: Seen['socket'] | null = null;
    const { clock, client, url } = await setUp(
      (seen) => {
        socket = seen.socket;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na');
      },
      { retry: { attempts: 1 }, timeoutMs: 1_000_000 },
    );
    const failed = failureOf(client.request(url));
    // Once for a connection, for the answer, for its head, and for each piece.
    await clock.set(30_000, 4);
    await clock.advance(29_000);
    socket!.write('b');
    await clock.set(30_000, 5);
    await clock.advance(29_000);
    socket!.write('c');
    await clock.set(30_000, 6);
    await clock.advance(30_000);
    expect((await failed).failure).to.deep.equal({
      kind: 'timeout',
      limit: 'stall',
      limitMs: 30_000,
    });
  });

  it('ends it all after the total time, however busy the server is with sending', async () => {
    let socket: Seen['socket'] | null = null;
    const { server, clock, client, url } = await setUp((seen) => {
      socket = seen.socket;
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na');
    });
    const failed = failureOf(client.request(url, { timeoutMs: 45_000 }));
    await clock.set(30_000, 4);
    await clock.advance(25_000);
    socket!.write('b');
    await clock.set(30_000, 5);
    await clock.advance(25_000);
    const error = await failed;
    expect(error.failure).to.deep.equal({ kind: 'timeout', limit: 'total', limitMs: 45_000 });
    await server.emptied();
  });

  it('tells a caller who changed his mind from every limit, wherever it was', async () => {
    const { server, clock, client, url } = await setUp(({ socket, number }) => {
      if (number === 2) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\na');
      if (number === 3) socket.write(reply(503));
    });
    const cancelled = async (when: () => Promise<void>) => {
      const cancel = new AbortController();
      const failed = failureOf(client.request(url, { signal: cancel.signal }));
      await when();
      cancel.abort('enough');
      return failed;
    };
    const before = failureOf(client.request(url, { signal: AbortSignal.abort('enough') }));
    const all = [
      await before,
      await cancelled(() => server.received(1)),
      await cancelled(() => clock.set(30_000, 6)),
      await cancelled(() => clock.set(500)),
    ];
    expect(all.map(({ kind, cause }) => [kind, cause])).to.deep.equal(
      Array(4).fill(['cancelled', 'enough']),
    );
    expect(all[0]).to.include({ attempts: 0, mayHaveArrived: false });
    expect(all[3]!.message).to.match(/cancelled by the caller \(after status 503: nothing\)$/);
    await clock.advance(100_000);
    expect(server.seen).to.have.length(3);
  });

  it('closes connections that nobody used for five minutes, all of them', async () => {
    const { server, clock, client, url } = await setUp(({ socket }) => socket.write(reply(200)));
    await Promise.all(Array.from({ length: 5 }, () => client.request(url)));
    expect(server.open).to.equal(5);
    await clock.advance(299_999);
    expect(server.open).to.equal(5);
    await clock.advance(1);
    await server.emptied();
    expect(client.metrics[url]).to.include({ open: 0, opened: 5 });
  });

  it('says who has the connections when none comes free (row 92, issue 4)', async () => {
    const { server, clock, client, url } = await setUp(() => undefined, {
      stallTimeoutMs: 1_000_000,
    });
    const held = Array.from({ length: 10 }, (_, at) =>
      failureOf(client.request(`${url}/slow/${at}?key=hidden`)),
    );
    await server.received(10);
    const failed = failureOf(client.request(url));
    await clock.set(30_000, 11);
    expect(client.metrics[url]).to.include({ in_flight: 11, waiting: 1, open: 10 });
    await clock.advance(30_000);
    const error = await failed;
    expect(error.message).to.match(
      /: pool exhausted: none of 10 connections to 127.0.0.1:\d+ came free within 30.0 s: they are held by GET \/slow\/0 for 30.0 s, GET \/slow\/1 for 30.0 s, GET \/slow\/2 for 30.0 s, 7 more — use them for a shorter time, or raise infrastructure.connection_pool.max_connections$/,
    );
    expect(error.failure).to.include({ kind: 'pool_exhausted', max: 10, waitedMs: 30_000 });
    await client.close();
    expect((await Promise.all(held)).map(({ kind }) => kind)).to.deep.equal(
      Array(10).fill('closed'),
    );
  });

  it('has the limits of the configuration, but for those that it is given', async () => {
    const { server, url } = await setUp(() => undefined);
    const value = {
      ...{ min_connections: 0, max_connections: 1 },
      ...{ connection_timeout: '1h', idle_timeout: 300 },
    };
    const module = { name: 'bot', call: () => Promise.resolve({ value }) };
    const client = await openHttp(module, { pool: { waitMs: 1 } });
    const first = failureOf(client.request(url));
    await server.received(1);
    const second = await failureOf(client.request(url));
    expect(second.failure).to.deep.include({ kind: 'pool_exhausted', max: 1 });
    await client.close();
    expect((await first).kind).to.equal('closed');
  });
});
