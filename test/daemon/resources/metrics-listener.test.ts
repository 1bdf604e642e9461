import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { once } from 'node:events';
import { get } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { MetricsListener } from '../../../daemon/resources/metrics-listener.ts';
import { freePort } from '../../support/free-port.ts';

describe('the listener for /metrics', () => {
  let port: number | null;
  let listener: MetricsListener;
  let errors: string[];
  let fails = false;
  /** Resolves when the log says that it serves. */
  let serving: Promise<void>;
  let begun: () => void;

  beforeEach(async () => {
    serving = new Promise((resolve) => (begun = resolve));
    port = await freePort();
    errors = [];
    fails = false;
    listener = new MetricsListener({
      port: () => port,
      metrics: () =>
        fails
          ? Promise.reject(new Error('no file descriptors'))
          : Promise.resolve({ content_type: 'text/plain; version=0.0.4', text: 'up 1\n' }),
      requestTimeoutMs: 200,
      retryMs: 20,
      log: { info: () => begun(), error: (_fields, message) => errors.push(message) },
    });
  });

  afterEach(() => listener.stop());

  interface Answer {
    readonly status: number | undefined;
    readonly type: string | undefined;
    readonly body: string;
  }

  async function ask(
    path: string,
    options: { method?: string; host?: string } = {},
  ): Promise<Answer> {
    const { method = 'GET', host } = options;
    const headers = host === undefined ? {} : { host };
    const asked = get({ host: '127.0.0.1', port, path, method, headers, agent: false });
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
    const { statusCode: status, headers: answered } = response;
    return { status, type: answered['content-type'], body: await text(response) };
  }

  it('answers with the metrics as Prometheus reads them (row 79)', async () => {
    await listener.start();
    const expected = { status: 200, type: 'text/plain; version=0.0.4', body: 'up 1\n' };
    expect(await ask('/metrics')).to.deep.equal(expected);
    expect(await ask('/metrics?x=1')).to.deep.equal(expected);
    expect(await ask('/metrics', { host: 'localhost:9' })).to.deep.equal(expected);
  });

  it('answers nothing else', async () => {
    await listener.start();
    expect((await ask('/')).status).to.equal(404);
    expect((await ask('/metrics/../etc')).status).to.equal(404);
    expect((await ask('/metrics', { method: 'POST' })).status).to.equal(405);
    expect((await ask('/metrics', { method: 'HEAD' })).body).to.equal('');
  });

  it('refuses a browser that another site has sent here', async () => {
    await listener.start();
    for (const host of ['evil.example', 'evil.example:9191', '127.0.0.1.evil.example']) {
      expect((await ask('/metrics', { host })).status, host).to.equal(403);
    }
  });

  it('says that it failed, and no more than that', async () => {
    await listener.start();
    fails = true;
    const { status, body } = await ask('/metrics');
    expect({ status, body }).to.deep.equal({
      status: 500,
      body: 'internal error, see the daemon log\n',
    });
    expect(errors).to.deep.equal(['cannot answer /metrics']);
  });

  it('closes what is more than it serves at once', async () => {
    await listener.start();
    const idle = Array.from({ length: 8 }, () => connect(port!, '127.0.0.1'));
    await Promise.all(idle.map((socket) => once(socket, 'connect')));
    const [ninth] = [connect(port!, '127.0.0.1')];
    ninth.resume();
    await once(ninth, 'close');
    for (const socket of idle) socket.destroy();
  });

  it('ends with connections that say nothing', async () => {
    await listener.start();
    const silent = connect(port!, '127.0.0.1');
    await once(silent, 'connect');
    silent.resume();
    const closed = once(silent, 'close');
    await listener.stop();
    await closed;
  });

  it('is not there when no port is configured, and comes and goes with a reload', async () => {
    const first = port;
    await listener.start();
    port = await freePort();
    listener.configure();
    await listener.start();
    expect((await ask('/metrics')).status).to.equal(200);
    const refused = connect(first!, '127.0.0.1');
    const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).to.equal('ECONNREFUSED');
    const last = port;
    port = null;
    await listener.start();
    const [gone] = (await once(connect(last, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    expect(gone.code).to.equal('ECONNREFUSED');
  });

  it('says so once when the port is taken, and has it as soon as it is free', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    ({ port } = other.address() as AddressInfo);
    await listener.start();
    expect(errors).to.have.length(1);
    expect(errors[0]).to.match(/^cannot serve \/metrics on 127\.0\.0\.1:\d+, trying again/);
    await listener.start();
    other.close();
    await once(other, 'close');
    await serving;
    expect((await ask('/metrics')).status).to.equal(200);
    expect(errors).to.have.length(1);
  });

  it('ends with requests that arrive byte by byte', async () => {
    await listener.start();
    const slow = connect(port!, '127.0.0.1');
    slow.resume();
    slow.on('error', () => undefined);
    const drip = setInterval(() => slow.write('x'), 20);
    slow.write('GET /metrics HTTP/1.1\r\nx: ');
    await once(slow, 'close');
    clearInterval(drip);
  });
});
