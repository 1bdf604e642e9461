// What anybody who can open the socket may send: each gets an error or a closed connection, and the
// daemon and everybody else on it go on as before.
import { expect } from 'chai';
import { before, beforeEach, describe, it } from 'mocha';
import type { RpcClient } from '../../rpc/client.ts';
import { failure } from '../rpc/failure.ts';
import { RawClient } from '../rpc/wire.ts';
import { isRunning, residentBytes } from '../support/processes.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';

interface Answer {
  readonly id?: unknown;
  readonly result?: { readonly status?: unknown };
  readonly error?: { readonly code: number; readonly message: string };
}

const seed = 20_261_121;
const mebibyte = 1024 * 1024;
/** Far above what the daemon needs, far below what holding all that is sent here would take. */
const residentBytesMax = 400 * mebibyte;

const chatty = {
  type: 'exec',
  command: ['sh', '-c', 'while :; do echo "a line that is long enough to fill buffers soon"; done'],
  ready: { after: '0s' },
  restart: { policy: 'never' },
};

describe('bad input', () => {
  const homes = temporaryHomes('all');
  let home: TestHome;
  let pid: number;
  let endpoint: string;
  let bystander: RpcClient;

  before(async () => {
    home = homes.create({ modules: { chatty }, logs: { max_size: '1M', keep: 1 } });
    pid = await home.start();
    endpoint = `unix:${home.paths.socket}`;
    bystander = await home.rpc();
  });

  beforeEach(() => expectUnharmed());

  /** The same process, answering old and new connections. */
  async function expectUnharmed(): Promise<void> {
    expect(isRunning(pid), 'the daemon runs').to.equal(true);
    expect((await bystander.call('daemon.status')).pid).to.equal(pid);
    const fresh = await RawClient.connect(endpoint);
    const answer = (await fresh.ask(request('daemon.status'))) as { result: { pid: number } };
    fresh.destroy();
    expect(answer.result.pid).to.equal(pid);
    expect(residentBytes(pid)).to.be.lessThan(residentBytesMax);
  }

  const refused: [title: string, sent: string | Buffer, code: number][] = [
    ['text that is not JSON', 'hello there', -32700],
    ['half a message', '{"jsonrpc": "2.0", "method": "daemon.st', -32700],
    ['bytes that are not UTF-8', Buffer.from([0xff, 0xfe, 0xc0, 0x80]), -32700],
    ['NUL bytes', Buffer.alloc(4096), -32700],
    ['an empty batch', '[]', -32600],
    ['null', 'null', -32600],
    ['a number', '42', -32600],
    ['an array nested 100,000 deep', '['.repeat(100_000) + ']'.repeat(100_000), -32700],
    ['objects nested 100,000 deep', '{"a":'.repeat(100_000) + '1' + '}'.repeat(100_000), -32700],
    ['a batch of 101', JSON.stringify(Array(101).fill(request('module.list'))), -32600],
    ['a wrong version', '{"jsonrpc": "1.0", "method": "module.list", "id": 1}', -32600],
    ['a method that is no string', '{"jsonrpc": "2.0", "method": 7, "id": 1}', -32600],
    [
      'params that are a string',
      '{"jsonrpc":"2.0","method":"module.list","params":"x","id":1}',
      -32600,
    ],
    ['positional params', JSON.stringify(request('module.status', ['chatty'])), -32602],
    ['an unknown param', JSON.stringify(request('module.list', { x: 1 })), -32602],
  ];
  for (const [title, sent, code] of refused) {
    it(`answers ${title} with ${code}`, async () => {
      const client = await RawClient.connect(endpoint);
      client.write(sent);
      client.write('\n');
      const answer = (await client.receive()) as Answer | Answer[];
      client.destroy();
      expect(Array.isArray(answer), 'a single error').to.equal(false);
      expect((answer as Answer).error?.code).to.equal(code);
      await expectUnharmed();
    });
  }

  it('answers a message over the limit with −32600 and closes that connection', async () => {
    const client = await RawClient.connect(endpoint);
    client.write('x'.repeat(2 * mebibyte));
    const received = await client.ended;
    expect((JSON.parse(received) as Answer).error?.code).to.equal(-32600);
  });

  it('tells a client whose message was over the limit why the connection closed', async () => {
    const client = await home.rpc();
    const data = 'x'.repeat(mebibyte);
    const error = await failure(client.call('events.publish', { topic: 'big', data }));
    expect(error).to.have.property(
      'message',
      'the connection closed before the answer came: invalid request: a message may have 1048576 bytes',
    );
  });

  it('survives 200 connections of random bytes, cut off anywhere', async () => {
    const random = randomBytesFrom(seed);
    await Promise.all(
      Array.from({ length: 200 }, async () => {
        const client = await RawClient.connect(endpoint);
        client.write(random(1 + (random(2).readUInt16LE() % 8192)));
        client.destroy();
        await client.ended;
      }),
    );
    await expectUnharmed();
  });

  for (const method of [
    'nosuch',
    'daemon.nosuch',
    'constructor',
    '__proto__',
    'toString',
    '',
    '.',
  ]) {
    it(`knows no method ${JSON.stringify(method)}`, async () => {
      const answer = await ask(request(method));
      expect(answer.error?.code).to.equal(-32601);
    });
  }

  const takesModule = [
    'module.start',
    'module.stop',
    'module.restart',
    'module.status',
    'logs.tail',
    'logs.stream',
  ];
  const strangeNames = [
    'nosuch',
    '../x',
    '../../etc/passwd',
    '',
    '__proto__',
    'constructor',
    'a\0b',
  ];
  for (const method of takesModule) {
    it(`${method} finds no module under a malformed name`, async () => {
      for (const module of [...strangeNames, 'x'.repeat(100_000)]) {
        const answer = await ask(request(method, { module }));
        expect(answer.error?.code, JSON.stringify(module.slice(0, 50))).to.equal(-32002);
      }
    });

    it(`${method} refuses a name that is no string`, async () => {
      for (const module of [1, true, null, [], {}, ['chatty']]) {
        const answer = await ask(request(method, { module }));
        expect(answer.error?.code, JSON.stringify(module)).to.equal(-32602);
      }
    });
  }

  it('takes 500 connections at once, and closes those that it does not', async () => {
    const clients = await Promise.all(
      Array.from({ length: 500 }, () => RawClient.connect(endpoint)),
    );
    const answers = await Promise.all(clients.map((client) => client.ask(request('module.list'))));
    expect(answers.filter((answer) => (answer as Answer).error !== undefined)).to.deep.equal([]);
    for (const client of clients) client.destroy();
    await Promise.all(clients.map((client) => client.ended));
    await expectUnharmed();
  });

  it('streams to one client and answers another beside one that never reads', async () => {
    const deaf = await RawClient.connect(endpoint);
    deaf.pause();
    deaf.send(request('logs.stream', { module: 'chatty' }));
    for (let n = 0; n < 1000; n++) deaf.send(request('daemon.status'));

    const follower = await home.rpc();
    let seen = 0;
    const enough = new Promise<void>((resolve) =>
      follower.onNotification((method, params) => {
        if (method === 'logs.line') seen += 1;
        if (method === 'logs.lost') seen += (params as { count: number }).count;
        if (seen >= 100_000) resolve();
      }),
    );
    await follower.call('logs.stream', { module: 'chatty', lines: 0 });
    await bystander.call('module.start', { module: 'chatty' });
    await enough;
    await expectUnharmed();
    const stopped = await bystander.call('module.stop', { module: 'chatty' });
    expect(stopped.state).to.equal('stopped');
    deaf.destroy();
  });

  async function ask(message: object): Promise<Answer> {
    const client = await RawClient.connect(endpoint);
    const answer = (await client.ask(message)) as Answer;
    client.destroy();
    return answer;
  }
});

function request(method: string, params?: unknown): object {
  return { jsonrpc: '2.0', id: 1, method, ...(params === undefined ? {} : { params }) };
}

/** xorshift32: the same bytes in every run. */
function randomBytesFrom(start: number): (length: number) => Buffer {
  let x = start;
  return (length) => {
    const bytes = Buffer.alloc(length);
    for (let i = 0; i < length; i++) {
      x ^= x << 13;
      x ^= x >>> 17;
      x ^= x << 5;
      bytes[i] = x & 0xff;
    }
    return bytes;
  };
}
