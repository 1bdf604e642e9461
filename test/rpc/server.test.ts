import { expect } from 'chai';
import { lstat, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { identifyCaller } from '../../rpc/caller.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { Handlers } from '../../rpc/table.ts';
import {
  identify,
  linkToken,
  observerToken,
  operatorToken,
  startServer,
  type TestServer,
  type TestServerOptions,
} from './wire.ts';
import { failure } from './failure.ts';

const handlers: Partial<Handlers> = {
  'module.list': (_params, { role }) => ({ modules: [], role }),
  'link.hello': ({ token, module }, caller) => {
    const identity = identify(token);
    if (identity?.role !== 'module' || identity.module.name !== module) {
      throw new RpcError('unauthenticated', 'this token is not for that module');
    }
    identifyCaller(caller, identity);
    return { launch: identity.module.launch, config_version: 1, max_message_bytes: 1048576 };
  },
};
const list = { jsonrpc: '2.0', method: 'module.list', id: 1 };
const unauthenticated = {
  jsonrpc: '2.0',
  error: { code: -32001, message: 'authentication failed' },
};

function hello(token: string): object {
  const params = { module: 'trading', token, methods: [] };
  return { jsonrpc: '2.0', method: 'link.hello', params, id: 1 };
}

function login(token: unknown): object {
  return { jsonrpc: '2.0', method: 'auth.login', params: { token }, id: 1 };
}

describe('the RPC server', () => {
  const servers: TestServer[] = [];
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop();
  });

  async function start(options: TestServerOptions = {}): Promise<TestServer> {
    const server = await startServer({ handlers, ...options });
    servers.push(server);
    return server;
  }

  for (const options of [{ transport: 'tcp' }, { transport: 'unix', auth: 'required' }] as const) {
    describe(`that asks for a token, on ${options.transport}`, () => {
      const introductions: [string, object, string][] = [
        ['a member auth', { ...list, auth: operatorToken }, 'operator'],
        ['a member auth in a batch', [{ ...list, auth: observerToken }], 'observer'],
        ['auth.login', login(observerToken), 'observer'],
        ['link.hello', hello(linkToken), 'module'],
        ['a link token as member auth', { ...list, auth: linkToken }, 'module'],
      ];
      for (const [name, message, role] of introductions) {
        it(`accepts ${name} as the first message and remembers who it was`, async () => {
          const client = await (await start(options)).connect();
          expect(JSON.stringify(await client.ask(message))).to.not.include('error');
          expect(await client.ask({ ...list, id: 2 })).to.have.nested.property('result.role', role);
        });
      }

      it('lets what was sent behind the introduction wait for it', async () => {
        const client = await (await start(options)).connect();
        client.write(`${JSON.stringify(login(operatorToken))}\n${JSON.stringify(list)}\n`);
        expect(await client.receive()).to.have.nested.property('result.role', 'operator');
        expect(await client.receive()).to.have.nested.property('result.role', 'operator');
      });

      const rejected: [string, unknown][] = [
        ['no token', list],
        ['a wrong member auth', { ...list, auth: 'x' }],
        ['an auth that is no string', { ...list, auth: { toString: 1 } }],
        ['a wrong auth.login', login('x')],
        ['an auth.login with a wrong type', login(7)],
        ['auth.login with a link token', login(linkToken)],
        ['a wrong link.hello', hello(operatorToken)],
        ['a batch without auth', [login(operatorToken)]],
        ['an invalid request', { hello: 1 }],
        ['null', null],
      ];
      for (const [name, message] of rejected) {
        it(`answers ${name} with one -32001 and closes`, async () => {
          const client = await (await start(options)).connect();
          client.send(message);
          client.send({ ...list, auth: operatorToken });
          const [line, ...rest] = (await client.ended).split('\n');
          expect(JSON.parse(line!)).to.deep.include(unauthenticated);
          expect(rest).to.deep.equal(['']);
        });
      }

      const silent: [string, string][] = [
        ['a line that is not JSON', 'hello\n'],
        ["a browser's POST", `POST / HTTP/1.1\r\nHost: x\r\n\r\n${JSON.stringify(list)}\n`],
        ['more than 4 KB', ' '.repeat(4097)],
      ];
      for (const [name, text] of silent) {
        it(`closes without an answer on ${name}`, async () => {
          const client = await (await start(options)).connect();
          client.write(text);
          expect(await client.ended).to.equal('');
        });
      }

      it('closes without an answer on a line that is not JSON, later too', async () => {
        const client = await (await start(options)).connect();
        await client.ask({ ...list, auth: operatorToken });
        client.write('hello\n');
        expect((await client.ended).split('\n')).to.have.lengthOf(2);
      });

      it('accepts long messages after authentication', async () => {
        const client = await (await start(options)).connect();
        await client.ask({ ...list, auth: operatorToken });
        const answer = await client.ask({ ...list, filler: 'x'.repeat(100_000) });
        expect(answer).to.have.property('result');
      });

      it('closes a connection that does not authenticate in time', async () => {
        const client = await (await start({ ...options, authTimeoutMs: 20 })).connect();
        expect(await client.ended).to.equal('');
      });

      it('has room for 16 unknown connections and turns the next away', async () => {
        const server = await start(options);
        const first = await server.connect();
        for (let count = 1; count < 16; count += 1) await server.connect();
        expect(await (await server.connect()).ended).to.equal('');
        await first.ask({ ...list, auth: operatorToken });
        const late = await server.connect();
        expect(await late.ask({ ...list, auth: operatorToken })).to.have.property('result');
      });
    });
  }

  describe('on a Unix socket that asks for no token', () => {
    it('takes every caller for the operator', async () => {
      const client = await (await start()).connect();
      expect(await client.ask(list)).to.have.nested.property('result.role', 'operator');
    });

    it('answers what is not JSON with -32700 and goes on', async () => {
      const client = await (await start()).connect();
      client.write(Buffer.from([0xff, 0x00, 0xfe, 0x0a]));
      expect(await client.receive()).to.have.nested.property('error.code', -32700);
      expect(await client.ask(list)).to.have.property('result');
    });

    it('answers deep nesting with -32700 and goes on', async () => {
      const client = await (await start()).connect();
      client.write(`${'['.repeat(400_000)}\n`);
      expect(await client.receive()).to.have.nested.property('error.code', -32700);
      client.write(`${'['.repeat(400_000)}${']'.repeat(400_000)}\n`);
      expect(await client.receive()).to.have.nested.property('error.code', -32700);
      expect(await client.ask(list)).to.have.property('result');
    });

    it('answers a message over the limit with -32600 and closes', async () => {
      const client = await (await start({ messageBytesMax: 1000 })).connect();
      client.write('x'.repeat(1001));
      expect(await client.receive()).to.have.nested.property('error.code', -32600);
      client.end();
      await client.ended;
    });

    it('refuses a call with a wrong auth and keeps the connection', async () => {
      const client = await (await start()).connect();
      expect(await client.ask({ ...list, auth: 'x' })).to.deep.include(unauthenticated);
      expect(await client.ask(list)).to.have.property('result');
    });

    it('answers a client that has ended its side', async () => {
      const client = await (await start()).connect();
      client.send(list);
      client.end();
      expect(await client.ended).to.include('"modules":[]');
    });

    it('drops half a line at the end', async () => {
      const client = await (await start()).connect();
      client.write(JSON.stringify(list));
      client.end();
      expect(await client.ended).to.equal('');
    });

    it('serves 500 connections at once', async () => {
      const server = await start();
      const clients = await Promise.all(Array.from({ length: 500 }, () => server.connect()));
      const answers = await Promise.all(clients.map((client) => client.ask(list)));
      expect(answers.filter((answer) => 'result' in (answer as object))).to.have.lengthOf(500);
    });

    it('turns connections beyond the cap away and leaves the others alone', async () => {
      const server = await start({ connectionsMax: 2 });
      const first = await server.connect();
      await server.connect();
      expect(await (await server.connect()).ended).to.equal('');
      expect(await first.ask(list)).to.have.property('result');
    });
  });

  it('makes the socket readable by its owner only and leaves nothing beside it (row 74)', async () => {
    const server = await start();
    expect((await lstat(join(server.dir, 'superbot.sock'))).mode & 0o777).to.equal(0o600);
    expect(await readdir(server.dir)).to.deep.equal(['superbot.sock']);
    await server.server.stop();
    expect(await readdir(server.dir)).to.deep.equal([]);
  });

  it('starts and stops twice without harm, and again after a stop', async () => {
    const { server } = await start();
    await server.start();
    await server.stop();
    await server.stop();
    await server.start();
    expect(server.endpoint).to.match(/^unix:/);
  });

  it('can be stopped while it starts', async () => {
    const { server, dir } = await start();
    await server.stop();
    const started = server.start();
    await Promise.all([server.stop(), started]);
    expect(server.endpoint).to.equal(null);
    expect(await readdir(dir)).to.deep.equal([]);
  });

  it('writes the answers under way before it stops', async () => {
    const entered: (() => void)[] = [];
    let release: (() => void) | undefined;
    const server = await start({
      handlers: {
        'module.list': () => {
          entered.forEach((wake) => wake());
          return new Promise((resolve) => (release = () => resolve({ modules: [] })));
        },
      },
    });
    const client = await server.connect();
    const isEntered = new Promise<void>((resolve) => entered.push(resolve));
    client.send(list);
    await isEntered;
    const stopped = server.server.stop();
    release!();
    expect(await client.ended).to.include('"modules":[]');
    await stopped;
  });

  it('refuses a socket path that the system would cut off', async () => {
    const { dir } = await start();
    const path = join(dir, 'x'.repeat(100));
    const error = await failure(start({ address: { transport: 'unix', path } }));
    expect(error.message).to.match(/choose a shorter home/);
  });

  it('does not replace a file, nor a socket that is listened on', async () => {
    const { dir } = await start();
    await writeFile(join(dir, 'file'), '');
    const file = { transport: 'unix', path: join(dir, 'file') } as const;
    expect((await failure(start({ address: file }))).message).to.match(/in the way/);
    const live = { transport: 'unix', path: join(dir, 'superbot.sock') } as const;
    expect((await failure(start({ address: live }))).message).to.match(/already listens/);
    await mkdir(join(dir, 'still-usable'));
  });

  it('refuses to listen on anything but the loopback address', async () => {
    const address = { transport: 'tcp', host: '0.0.0.0', port: 0 } as const;
    expect((await failure(start({ address }))).message).to.match(/loopback/);
  });

  it('takes a free port when its own is taken', async () => {
    const first = await start({ transport: 'tcp' });
    const port = Number(first.endpoint.split(':').at(-1));
    const second = await start({ address: { transport: 'tcp', host: '127.0.0.1', port } });
    expect(second.endpoint)
      .to.match(/^tcp:127\.0\.0\.1:\d+$/)
      .and.not.equal(first.endpoint);
  });
});
