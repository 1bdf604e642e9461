import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { getEventListeners, once } from 'node:events';
import { describe, it } from 'mocha';
import { packageRoot } from '../../../../config/paths.ts';
import { httpClients } from './clients.ts';
import { reply } from './raw-server.ts';
import { failureOf } from './failure-of.ts';

describe('an HTTP client', () => {
  const { ends, serverThat, newClient } = httpClients();

  it('sends method, headers and body, and gives status, headers and body back', async () => {
    const { url, seen } = await serverThat(({ socket }) =>
      socket.write(
        reply(201, '{"id": 7}', { 'X-Used': '3', 'x-twice': 'a' }).replace(
          'x-twice: a',
          'x-twice: a\r\nX-Twice: b',
        ),
      ),
    );
    const client = newClient({ headers: { 'X-Api-Key': 'k1', Accept: 'none' } });
    const response = await client.request(`${url}/orders?a=1`, {
      method: 'post',
      json: { side: 'buy' },
      headers: { 'x-api-key': 'k2' },
    });
    expect(response.status).to.equal(201);
    expect(response.json()).to.deep.equal({ id: 7 });
    expect(Object.fromEntries(response.headers)).to.include({ 'x-used': '3', 'x-twice': 'a, b' });
    expect(response).to.include({ url: `${url}/orders?…`, attempts: 1 });
    expect(seen[0]!.text)
      .to.match(/^POST \/orders\?a=1 HTTP\/1.1\r\n/)
      .and.match(/\r\n\r\n\{"side":"buy"\}$/)
      .and.match(/^content-type: application\/json\r$/im)
      .and.match(/^x-api-key: k2\r$/im)
      .and.match(/^accept: none\r$/im)
      .and.match(/^user-agent: superbot\r$/im)
      .and.match(/^connection: keep-alive\r$/im);
    expect(seen[0]!.text).not.to.match(/referer|k1/i);
  });

  it('uses one connection for requests that follow each other, and counts that', async () => {
    const server = await serverThat(({ socket }) => socket.write(reply(200, 'ok')));
    const client = newClient();
    for (let count = 0; count < 5; count += 1) await client.request(server.url);
    expect(server.accepted).to.equal(1);
    expect(client.metrics[server.url]).to.deep.include({
      requests: 5,
      retries: 0,
      errors: {},
      in_flight: 0,
      waiting: 0,
      open: 1,
      opened: 1,
      reused: 4,
      held_ms: 0,
    });
    expect(client.metrics[server.url]!.latency_ms).to.have.all.keys('p50', 'p99', 'max');
  });

  for (const [encoding, pack] of [
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
  ] as const)
    it(`reads bodies compressed by ${encoding}`, async () => {
      const body = pack('{"price": "1.5"}');
      const { url, seen } = await serverThat(({ socket }) => {
        socket.write(
          `HTTP/1.1 200 OK\r\nContent-Encoding: ${encoding}\r\nContent-Length: ${body.length}\r\n\r\n`,
        );
        socket.write(body);
      });
      expect(await newClient().json(url)).to.deep.equal({ price: '1.5' });
      expect(seen[0]!.text)
        .to.match(/^accept-encoding: gzip, br\r$/im)
        .and.match(/^accept: application\/json\r$/im);
    });

  it('takes an empty body for whole whatever its encoding is said to be', async () => {
    const { url } = await serverThat(({ socket, text }) =>
      socket.write(
        text.startsWith('HEAD')
          ? 'HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 99999999\r\n\r\n'
          : 'HTTP/1.1 204 No\r\nContent-Encoding: gzip\r\n\r\n',
      ),
    );
    const client = newClient({ bodyBytesMax: 10 });
    expect((await client.request(url, { method: 'HEAD' })).body).to.have.length(0);
    expect((await client.request(url)).status).to.equal(204);
    expect(client.metrics[url]).to.include({ opened: 1, reused: 1 });
  });

  it('reads over interim answers, and over chunks cut where it hurts', async () => {
    const { url } = await serverThat(({ socket, number }) => {
      if (number === 1)
        socket.end(
          'HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n' + reply(200, 'late'),
        );
      else {
        socket.setNoDelay(true);
        socket.write(
          'HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r',
        );
        setImmediate(() => socket.end('\n\r\n'));
      }
    });
    const client = newClient({ retry: { attempts: 1 } });
    expect((await client.request(url)).text()).to.equal('late');
    expect((await client.request(url)).text()).to.equal('abc');
  });

  it('shows what came in place of JSON', async () => {
    const { url } = await serverThat(({ socket }) =>
      socket.write(
        reply(200, `<html>\u001b[31m${'sorry '.repeat(100)}`, { 'Content-Type': 'text/html' }),
      ),
    );
    const error = await failureOf(newClient().json(`${url}/book?token=hidden`));
    expect(error.message).to.match(
      /^cannot read the answer of http:\/\/127.0.0.1:\d+\/book\?… \(status 200\): it is not JSON but text\/html: "<html>\\u001b\[31msorry /,
    );
    expect(error.message.length).to.be.below(400);
    expect(error.failure).to.have.property('kind', 'not_json');
  });

  it('makes an error of every status that is not expected, with the whole answer', async () => {
    const { url } = await serverThat(({ socket }) => socket.write(reply(400, '{"code":-1021}')));
    const client = newClient();
    const error = await failureOf(client.request(url, { method: 'POST', body: 'x' }));
    expect(error.message).to.match(
      /^cannot POST http:\/\/127.0.0.1:\d+\/: status 400: "\{\\"code\\":-1021\}"$/,
    );
    expect(error.failure.kind === 'status' && error.failure.response.json()).to.deep.equal({
      code: -1021,
    });
    const taken = await client.request(url, { expected: (status) => status === 400 });
    expect(taken.status).to.equal(400);
  });

  it('puts neither query nor headers nor body into what it throws', async () => {
    const { url } = await serverThat(({ socket }) => socket.resetAndDestroy());
    const client = newClient({
      retry: { attempts: 2, baseDelayMs: 0 },
      headers: { Authorization: 'hidden-1' },
    });
    const request = { method: 'PUT', body: 'hidden-2', headers: { 'x-key': 'hidden-3' } };
    const error = await failureOf(client.request(`${url}/order?signature=hidden-4`, request));
    const refused = await failureOf(
      client.request('http://127.0.0.1:1/?signature=hidden-4', request),
    );
    const wrong = await failureOf(
      client.request(`${url}/?signature=hidden-4`, {
        ...request,
        headers: { 'x-key': 'hidden-5\r\n' },
      }),
    );
    const userInUrl = await failureOf(client.request(url.replace('//', '//me:hidden-6@')));
    const all = [error, refused, wrong, userInUrl];
    expect(all.map(({ kind }) => kind)).to.deep.equal(['network', 'connect', 'invalid', 'invalid']);
    for (const one of all) {
      expect(inspect(one, { depth: 9, showHidden: true })).not.to.match(/hidden/);
      expect(`${one.stack}${JSON.stringify(one)}`).not.to.match(/hidden/);
    }
    expect(refused.message).to.match(/ECONNREFUSED/);
    expect(refused.mayHaveArrived).to.equal(false);
  });

  it('says of what it cannot send what is wrong with it', async () => {
    const client = newClient();
    const messages = [];
    for (const [address, request] of [
      ['no url', {}],
      ['ftp://x/', {}],
      ['http://x/', { body: 'a', json: 1 }],
      ['http://x/', { method: 'GET', body: 'a' }],
      ['http://x/', { method: 'B AD' }],
    ] as const) {
      const error = await failureOf(client.request(address, request));
      expect(error).to.include({ kind: 'invalid', mayHaveArrived: false });
      messages.push(error.message);
    }
    expect(messages[0]).to.equal('cannot GET an address: this is not a URL');
    expect(messages[1]).to.match(/"ftp:" is neither http: nor https:/);
    expect(messages[3]).to.match(
      /cannot GET http:\/\/x\/: Request with GET\/HEAD method cannot have body/,
    );
  });

  it('speaks TLS, keeps those connections too, and trusts nobody by chance', async () => {
    const file = (name: string) =>
      readFileSync(join(packageRoot(), 'test/fixtures/tls', name), 'utf8');
    const [key, cert] = [file('key.pem'), file('cert.pem')];
    const server = https.createServer({ key, cert }, (_request, response) => response.end('safe'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ends.push(() => once(server.close(), 'close'));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = newClient({ ca: cert });
    expect((await client.request(url)).text()).to.equal('safe');
    expect((await client.request(url)).text()).to.equal('safe');
    expect(client.metrics[url]).to.include({ opened: 1, reused: 1 });
    const error = await failureOf(
      newClient({ retry: { attempts: 1 } }).request(url, { method: 'POST' }),
    );
    expect(error.failure).to.deep.equal({ kind: 'connect', code: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    expect(error.mayHaveArrived).to.equal(false);
  });

  it('ends what is under way when it is closed, and takes no more', async () => {
    const server = await serverThat(() => undefined);
    const client = newClient();
    const failed = failureOf(client.request(server.url));
    await server.received(1);
    await client.close();
    expect((await failed).kind).to.equal('closed');
    expect((await failureOf(client.request(server.url))).kind).to.equal('closed');
    await server.emptied();
  });

  it('leaves no listener on a signal that outlives many requests', async () => {
    const { url } = await serverThat(({ socket }) => socket.write(reply(200)));
    const client = newClient();
    const { signal } = new AbortController();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => warnings.push(warning);
    process.on('warning', onWarning);
    for (let count = 0; count < 10; count += 1)
      await Promise.all(Array.from({ length: 20 }, () => client.request(url, { signal })));
    process.off('warning', onWarning);
    expect(getEventListeners(signal, 'abort')).to.have.length(0);
    expect(warnings).to.deep.equal([]);
    expect(client.metrics[url]).to.include({ requests: 200, in_flight: 0, opened: 10 });
  });
});
