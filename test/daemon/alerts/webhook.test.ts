import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { packageRoot } from '../../../config/paths.ts';
import type { Alert } from '../../../daemon/alerts/alert.ts';
import { webhookDelivery } from '../../../daemon/alerts/webhook.ts';
import { realSystem, type System } from '../../../daemon/system.ts';

const alert: Alert = {
  severity: 'critical',
  module: 'trading',
  type: 'restart_limit',
  message: 'trading has failed (restart_limit): exited with code 7',
  output: ['a line that it wrote'],
  time: '2026-11-22T03:00:00.000Z',
  heldBack: 2,
};
const sender = { host: 'vm-1', home: '/srv/bot' };
/** As in the URLs of chat programs: whoever has it can post. */
const secret = '/services/T0/hunter2';

/** Waits are as long as they are, but for the pause before a retry; a deadline may be shortened. */
function hurried(deadlineMs = 5000): System {
  const waits = new Map([
    [1000, 0],
    [5000, deadlineMs],
  ]);
  const after: System['after'] = (delayMs, callback) =>
    realSystem.after(waits.get(delayMs) ?? delayMs, callback);
  return { ...realSystem, after };
}

describe('an alert by webhook', () => {
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.on('connection', (socket: Socket) => sockets.add(socket));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
    for (const server of servers.splice(0)) {
      server.close();
      await once(server, 'close');
    }
  });

  /** Answers each request with the next of these, and the rest with the last. */
  async function service(...answers: RequestListener[]) {
    const requests: { method: string; path: string; body: string }[] = [];
    const server = createHttpServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const answer = answers[Math.min(requests.length, answers.length - 1)];
        const { method = '', url: path = '' } = request;
        requests.push({ method, path, body: Buffer.concat(chunks).toString() });
        answer?.(request, response);
      });
    });
    const port = await listen(server);
    return { requests, url: `http://127.0.0.1:${port}${secret}` };
  }

  const status =
    (code: number, headers: Record<string, string> = {}): RequestListener =>
    (_request, response) =>
      response.writeHead(code, headers).end();

  function send(
    webhook: string | null,
    { system = hurried(), includeOutput = false, signal = new AbortController().signal } = {},
  ): Promise<string | null> {
    const deliver = webhookDelivery({ system, sender, config: () => ({ webhook, includeOutput }) });
    return deliver(alert, 3, signal);
  }

  it('is a POST of JSON with all that must be known, and no line that the module wrote', async () => {
    const { requests, url } = await service(status(204));
    expect(await send(url)).to.equal(null);
    const [{ method, path, body } = { method: '', path: '', body: '' }] = requests;
    expect([requests.length, method, path]).to.deep.equal([1, 'POST', secret]);
    expect(JSON.parse(body)).to.deep.equal({
      severity: 'critical',
      module: 'trading',
      type: 'restart_limit',
      message: alert.message,
      time: alert.time,
      held_back: 2,
      dropped: 3,
      host: 'vm-1',
      home: '/srv/bot',
      text: `critical: ${alert.message} (and 2 more like this since the last alert)`,
    });
  });

  it('has the last lines only with include_output', async () => {
    const { requests, url } = await service(status(200));
    await send(url, { includeOutput: true });
    expect(JSON.parse(requests[0]?.body ?? '')).to.deep.include({ output: alert.output });
  });

  it('is tried once more after a failure of the service, and no more than that', async () => {
    const mends = await service(status(503), status(200));
    expect(await send(mends.url)).to.equal(null);
    expect(mends.requests).to.have.length(2);
    const fails = await service(status(500));
    expect(await send(fails.url)).to.equal('it answered with status 500');
    expect(fails.requests).to.have.length(2);
  });

  it('is not sent again to a service that does not want it', async () => {
    const { requests, url } = await service(status(403));
    expect(await send(url)).to.equal('it answered with status 403');
    expect(requests).to.have.length(1);
  });

  it('follows no redirect, which would hand it to somebody else', async () => {
    const other = await service(status(200));
    const { requests, url } = await service(status(307, { location: other.url }));
    expect(await send(url)).to.match(/status 307, a redirect, which is not followed/);
    expect(requests).to.have.length(1);
    expect(other.requests).to.deep.equal([]);
  });

  it('is given up on when the service never answers, twice', async () => {
    const { requests, url } = await service(() => undefined);
    expect(await send(url, { system: hurried(300) })).to.equal('no answer within 5 s');
    expect(requests.length).to.be.at.most(2);
  });

  it('is given up on when something accepts connections and is silent, or talks without end', async () => {
    const silent = await listen(createServer());
    const url = `http://127.0.0.1:${silent}${secret}`;
    expect(await send(url, { system: hurried(300) })).to.equal('no answer within 5 s');
    const talker = createServer((socket) => {
      socket.on('error', () => undefined);
      const talk = (): boolean => socket.writable && socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      socket.on('drain', talk);
      socket.once('data', talk);
      const timer = setInterval(talk, 20);
      socket.on('close', () => clearInterval(timer));
    });
    const chatty = `http://127.0.0.1:${await listen(talker)}${secret}`;
    expect(await send(chatty, { system: hurried(300) })).to.equal('no answer within 5 s');
  });

  it('is delivered when the head of the answer is there, though its body never ends', async () => {
    let closed: Promise<unknown> = Promise.resolve();
    const { url } = await service((_request, response) => {
      closed = once(response, 'close');
      response.writeHead(200);
      response.write('x');
    });
    expect(await send(url)).to.equal(null);
    await closed;
  });

  it('says in a word what broke, and nothing of the URL', async () => {
    const resets = createServer((socket) => socket.resetAndDestroy());
    const babbles = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('220 mail.example ESMTP\r\n');
    });
    const resetting = await listen(resets);
    const babbling = await listen(babbles);
    const { url } = await service(status(200));
    const closed = await listen(createServer());
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const found = [
      await send(`http://127.0.0.1:${resetting}${secret}`),
      await send(`http://127.0.0.1:${babbling}${secret}`),
      await send(`http://127.0.0.1:${closed}${secret}`),
      await send(url.replace('http:', 'https:')),
    ];
    expect(found[0]).to.match(/^ECONNRESET$|^EPIPE$/);
    expect(found[1]).to.match(/^HPE_[A-Z_]+$/);
    expect(found[2]).to.equal('ECONNREFUSED');
    expect(found[3]).to.match(/^EPROTO$|^ERR_SSL_[A-Z_]+$/);
    for (const why of found) expect(why).to.not.match(/hunter2|127\.0\.0\.1|http/);
  });

  it('is sent by https to whom the machine trusts, and to nobody else', async () => {
    const tls = (name: string) => readFileSync(join(packageRoot(), 'test/fixtures/tls', name));
    const bodies: string[] = [];
    const server = createHttpsServer({ cert: tls('cert.pem'), key: tls('key.pem') });
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void text(request).then((body) => (bodies.push(body), response.end()));
    });
    const url = `https://localhost:${await listen(server)}${secret}`;
    expect(await send(url)).to.match(/^(DEPTH_ZERO_)?SELF_SIGNED_CERT/);
    expect(bodies).to.deep.equal([]);

    // Whom else to trust is read when a process begins.
    const module = import.meta.resolve('../../../daemon/alerts/webhook.js');
    const script = `
      const { webhookDelivery } = await import(${JSON.stringify(module)});
      const system = { after: (ms, callback) => ({ cancel: clearTimeout.bind(null, setTimeout(callback, ms)) }) };
      const config = () => ({ webhook: ${JSON.stringify(url)}, includeOutput: false });
      const deliver = webhookDelivery({ system, sender: {}, config });
      console.log(await deliver(${JSON.stringify(alert)}, 0, new AbortController().signal));`;
    const env = {
      ...process.env,
      NODE_EXTRA_CA_CERTS: join(packageRoot(), 'test/fixtures/tls/cert.pem'),
    };
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], { env });
    expect(await text(child.stdout)).to.equal('null\n');
    expect(bodies.map((body) => (JSON.parse(body) as Alert).type)).to.deep.equal(['restart_limit']);
  });

  it('is not sent where others can read it, whatever has let such a URL through', async () => {
    for (const url of ['http://hooks.example/x', 'ftp://127.0.0.1/x', 'no url'])
      expect(await send(url)).to.equal('its URL is neither https nor of a loopback address');
  });

  it('is dropped when the webhook has been taken out of the configuration', async () => {
    expect(await send(null)).to.equal(null);
  });

  it('ends at once when the daemon does', async () => {
    const over = new AbortController();
    const { url } = await service(() => over.abort());
    expect(await send(url, { signal: over.signal })).to.be.a('string');
  });
});
