import { expect } from 'chai';
import { build } from 'esbuild';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { connect, DaemonUnreachableError, RpcError, type RpcClient } from '../../rpc/client.ts';
import { formatEndpoint, parseEndpoint } from '../../rpc/endpoint.ts';
import { operatorToken, startServer, type TestServer, type TestServerOptions } from './wire.ts';
import { failure } from './failure.ts';

describe('the client', () => {
  let home: string;
  let server: TestServer | undefined;
  const clients: RpcClient[] = [];

  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), 'sb-home-'));
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    await server?.stop();
    server = undefined;
    await rm(home, { recursive: true });
  });

  async function open(...args: Parameters<typeof connect>): Promise<RpcClient> {
    const client = await connect(...args);
    clients.push(client);
    return client;
  }

  async function startInHome(options: TestServerOptions, token = operatorToken): Promise<void> {
    const handlers = { 'module.list': () => ({ modules: [] }) };
    server = await startServer({ handlers, ...options });
    await writeFile(join(home, 'endpoint'), `${server.endpoint}\n`);
    await writeFile(join(home, 'token'), `${token}\n`);
  }

  const servers: [string, TestServerOptions][] = [
    ['a Unix socket', {}],
    ['a Unix socket that asks for the token', { auth: 'required' }],
    ['TCP', { transport: 'tcp' }],
  ];
  for (const [name, options] of servers) {
    it(`finds the daemon by its home, on ${name}`, async () => {
      await startInHome(options);
      expect(await (await open({ home })).call('module.list')).to.deep.equal({ modules: [] });
    });
  }

  it('works with an outdated token where none is asked for', async () => {
    await startInHome({}, 'outdated');
    expect(await (await open({ home })).call('module.list')).to.deep.equal({ modules: [] });
  });

  it('rejects with -32001 when its token is wrong', async () => {
    await startInHome({ transport: 'tcp' }, 'wrong');
    const error = await failure(open({ home }));
    expect(error).to.be.an.instanceOf(RpcError).with.property('code', -32001);
  });

  it('tries the socket in the home when the endpoint file is missing, and says so', async () => {
    const error = await failure(open({ home }));
    expect(error).to.be.an.instanceOf(DaemonUnreachableError);
    expect(error).to.include({ tried: `unix:${join(home, 'superbot.sock')}`, reason: 'ENOENT' });
  });

  it('says why nobody answers at an endpoint', async () => {
    const missing = `unix:${join(home, 'none.sock')}`;
    expect(await failure(open({ endpoint: missing }))).to.include({
      tried: missing,
      reason: 'ENOENT',
    });
    await startInHome({ transport: 'tcp' });
    const { endpoint } = server!;
    await server!.stop();
    expect(await failure(open({ home }))).to.include({ tried: endpoint, reason: 'ECONNREFUSED' });
  });

  it('gives up on a listener that never speaks', async () => {
    const mute = createServer();
    await new Promise<void>((resolve) => mute.listen(join(home, 'mute.sock'), resolve));
    try {
      const endpoint = `unix:${join(home, 'mute.sock')}`;
      const options = { connectTimeoutMs: 20 };
      const error = await failure(open({ endpoint, token: 't' }, options));
      expect(error).to.include({ tried: endpoint, reason: 'timeout' });
    } finally {
      mute.close();
    }
  });

  it('hears notifications until it stops listening', async () => {
    await startInHome({
      handlers: {
        'module.list': (_params, { peer }) => {
          peer.notify('news', { n: 1 });
          return { modules: [] };
        },
      },
    });
    const client = await open({ home });
    const heard: unknown[] = [];
    const stopListening = client.onNotification((method, params) => heard.push([method, params]));
    await client.call('module.list');
    stopListening();
    await client.call('module.list');
    expect(heard).to.deep.equal([['news', { n: 1 }]]);
  });

  it('ends when the server stops', async () => {
    await startInHome({});
    const client = await open({ home });
    await server!.server.stop();
    await client.closed;
  });

  it('brings neither the contract nor zod with it', async () => {
    const entry = fileURLToPath(new URL('../../rpc/client.js', import.meta.url));
    const { metafile } = await build({
      entryPoints: [entry],
      bundle: true,
      platform: 'node',
      format: 'esm',
      metafile: true,
      write: false,
    });
    const inputs = Object.keys(metafile.inputs).filter((path) => /zod|contract|shapes/.test(path));
    expect(inputs).to.deep.equal([]);
  });
});

describe('an endpoint', () => {
  for (const text of ['unix:/a b/c.sock', 'tcp:127.0.0.1:9999']) {
    it(`${text} is printed as it was read`, () => {
      expect(formatEndpoint(parseEndpoint(text))).to.equal(text);
    });
  }

  const bad = [
    '',
    'unix:',
    'tcp:127.0.0.1:0',
    'tcp:127.0.0.1:65536',
    'tcp:10.0.0.1:80',
    'http://x',
  ];
  for (const text of bad) {
    it(`${JSON.stringify(text)} is refused`, () => {
      expect(() => parseEndpoint(text)).to.throw(/expected unix:<path>/);
    });
  }
});
