import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { check, type CheckedModule, type CheckWays } from '../../../daemon/watchdog/check.ts';
import { until } from '../../support/until.ts';
import { Links, type Provider } from '../../../daemon/api/links.ts';
import { linkToken, type RawClient, startServer, type TestServer } from '../../rpc/wire.ts';

/** Module names by token; a test may end a launch by taking its token away. */
const launches = (): Map<string, { name: string; launch: string }> =>
  new Map(
    ['bot', 'feed', 'rival', 'logs'].map((name) => [`${linkToken}-${name}`, { name, launch: '1' }]),
  );
const providers: readonly Provider[] = [
  { module: 'bot', namespaces: ['bot', 'orders'], uses: ['feed'] },
  { module: 'rival', namespaces: ['rival', 'orders'], uses: [] },
  { module: 'feed', namespaces: ['feed'], uses: [] },
  { module: 'logs', namespaces: ['logs'], uses: [] },
];

describe('the links of the modules', () => {
  let server: TestServer;
  let links: Links;
  let tokens: ReturnType<typeof launches>;
  let refused: { module: string; launch: string; why: string }[];
  let broken: string[];

  async function open(proxiedTimeoutMs = 30_000): Promise<void> {
    tokens = launches();
    refused = [];
    broken = [];
    links = new Links({
      providers: () => providers,
      ownerOfToken: (token) => tokens.get(token) ?? null,
      onRefused: (module, launch, why) => refused.push({ module, launch, why }),
      onBroken: (module, why) => broken.push(`${module}: ${why}`),
      proxiedTimeoutMs,
    });
    server = await startServer({
      handlers: {
        'link.hello': (params, caller) => ({
          ...links.hello(params, caller),
          config_version: 1,
          max_message_bytes: 1048576,
        }),
      },
      claimed: links,
    });
  }

  afterEach(() => server.stop());

  interface Answer {
    result?: unknown;
    error?: { code: number; message: string; data?: unknown };
  }

  async function ask(client: RawClient, method: string, params?: unknown): Promise<Answer> {
    return (await client.ask({ jsonrpc: '2.0', id: 1, method, params })) as Answer;
  }

  /** A module's connection, and what its hello was answered. */
  async function hello(module: string, methods: string[], token = `${linkToken}-${module}`) {
    const client = await server.connect();
    const answer = await ask(client, 'link.hello', { module, token, methods });
    return { client, answer };
  }

  it('answer a hello with the launch that the token was made for', async () => {
    await open();
    const { answer } = await hello('bot', ['bot.echo']);
    expect(answer.result).to.deep.equal({
      launch: '1',
      config_version: 1,
      max_message_bytes: 1048576,
    });
  });

  it('refuse a hello with a wrong token, another module’s, or that of an ended launch', async () => {
    await open();
    tokens.delete(`${linkToken}-rival`);
    const refused = [
      await hello('bot', [], 'wrong'),
      await hello('bot', [], `${linkToken}-feed`),
      await hello('rival', []),
      await hello('nobody', [], 'wrong'),
    ];
    for (const { answer } of refused) {
      expect(answer.error).to.deep.equal({ code: -32001, message: 'authentication failed' });
    }
  });

  it('refuse claims outside the module’s namespaces, and take none of that hello', async () => {
    await open();
    for (const method of ['feed.prices', 'module.start', 'prices', 'bots.echo']) {
      const { answer } = await hello('bot', ['bot.echo', method]);
      expect(answer.error, method).to.include({ code: -32007 });
      expect(answer.error!.data).to.deep.equal({ reason: 'claim', method });
    }
    const operator = await server.connect();
    expect((await ask(operator, 'bot.echo')).error).to.include({ code: -32004 });
  });

  it('refuse claims in the daemon’s own namespaces, also to a module of that name', async () => {
    await open();
    const { answer } = await hello('logs', ['logs.delete_all']);
    expect(answer.error!.message).to.match(/"logs" is the daemon's own/);
  });

  it('refuse a second claimant while the first is there', async () => {
    await open();
    const first = await hello('bot', ['orders.place']);
    const second = await hello('rival', ['orders.place']);
    expect(second.answer.error!.message).to.match(/"bot" has claimed it/);
    const other = await hello('rival', ['orders.cancel']);
    expect(other.answer.result).to.include({ launch: '1' });
    expect(first.answer.result).to.include({ launch: '1' });
  });

  it('pass a call on with its params as they were, and its answer back', async () => {
    await open();
    const { client } = await hello('bot', ['bot.echo']);
    const operator = await server.connect();
    for (const params of [{ a: { b: [1, null] } }, [1, 'two', { three: 3 }], undefined]) {
      const answered = ask(operator, 'bot.echo', params);
      const call = (await client.receive()) as { id: number; method: string; params?: unknown };
      expect(call.method).to.equal('bot.echo');
      expect(call.params).to.deep.equal(params);
      client.send({ jsonrpc: '2.0', id: call.id, result: { got: params ?? null } });
      expect((await answered).result).to.deep.equal({ got: params ?? null });
    }
  });

  it('pass the module’s own error back with code, message and data', async () => {
    await open();
    const { client } = await hello('bot', ['bot.echo']);
    const answered = ask(await server.connect(), 'bot.echo');
    const { id } = (await client.receive()) as { id: number };
    const error = { code: 4711, message: 'the market is closed', data: { opens: 'Monday' } };
    client.send({ jsonrpc: '2.0', id, error });
    expect((await answered).error).to.deep.equal(error);
  });

  it('pass a notification on as one, and answer nothing', async () => {
    await open();
    const { client } = await hello('bot', ['bot.tick']);
    const operator = await server.connect();
    operator.send({ jsonrpc: '2.0', method: 'bot.tick', params: { n: 1 } });
    expect(await client.receive()).to.deep.equal({
      jsonrpc: '2.0',
      method: 'bot.tick',
      params: { n: 1 },
    });
    expect((await ask(operator, 'nothing.like_it')).error).to.include({ code: -32601 });
  });

  it('say "timed out" when the module does not answer in time', async () => {
    await open(20);
    await hello('bot', ['bot.echo']);
    const { error } = await ask(await server.connect(), 'bot.echo');
    expect(error).to.include({ code: -32006 });
  });

  it('say "not running" when the link breaks during the call', async () => {
    await open();
    const { client } = await hello('bot', ['bot.echo']);
    const answered = ask(await server.connect(), 'bot.echo');
    await client.receive();
    client.destroy();
    const { error } = await answered;
    expect(error).to.deep.include({ code: -32004, data: { module: 'bot' } });
  });

  it('tell a module that is away from a method that does not exist', async () => {
    await open();
    const operator = await server.connect();
    expect((await ask(operator, 'feed.prices')).error).to.include({ code: -32004 });
    await hello('feed', ['feed.prices']);
    expect((await ask(operator, 'feed.volumes')).error).to.include({ code: -32601 });
    expect((await ask(operator, 'nobody.prices')).error).to.include({ code: -32601 });
  });

  it('let a newer connection of the same launch take the place of the older one', async () => {
    await open();
    const older = await hello('bot', ['bot.echo']);
    const newer = await hello('bot', ['bot.echo']);
    older.client.destroy();
    await older.client.ended;
    const answered = ask(await server.connect(), 'bot.echo');
    const { id } = (await newer.client.receive()) as { id: number };
    newer.client.send({ jsonrpc: '2.0', id, result: 'newer' });
    expect((await answered).result).to.equal('newer');
  });

  it('let a module call those that it uses, and no others', async () => {
    await open();
    const feed = await hello('feed', ['feed.prices']);
    const rival = await hello('rival', ['rival.echo']);
    const bot = await hello('bot', []);
    const prices = ask(bot.client, 'feed.prices');
    const { id } = (await feed.client.receive()) as { id: number };
    feed.client.send({ jsonrpc: '2.0', id, result: [42] });
    expect((await prices).result).to.deep.equal([42]);
    expect((await ask(bot.client, 'rival.echo')).error).to.include({ code: -32007 });
    expect((await ask(rival.client, 'feed.prices')).error).to.include({ code: -32007 });
  });

  it('tell what came instead of an answer about health, and not that the event loop hangs', async () => {
    await open();
    const { client } = await hello('bot', []);
    const answers: [string, RegExp][] = [
      ['traceback: no price\n', /^no answer to link\.health in time: .*not JSON: "traceback: no/],
      ['\xff\n', /^no answer to link\.health in time: it sent a line that is not UTF-8$/],
      [
        '{"jsonrpc":"2.0","id":"1","result":{"healthy":true}}\n',
        /under an id that nobody has asked/,
      ],
      ['', /^its event loop hangs: no answer in time$/],
    ];
    for (const [sent, why] of answers) {
      const deadline = new AbortController();
      const checked = check(
        linked,
        { askLink: (...ask) => links.askHealth(...ask) } as CheckWays,
        deadline.signal,
      );
      await client.receive();
      client.write(Buffer.from(sent, 'latin1'));
      // Whatever the daemon answers to it, it has read it by the time that it answers this.
      client.send({ jsonrpc: '2.0', id: 7, method: 'nosuch.method' });
      while (((await client.receive()) as { id: unknown }).id !== 7);
      deadline.abort();
      expect(await checked)
        .to.have.property('why')
        .which.matches(why);
    }
  });

  it('tell why a link was closed for what came over it', async () => {
    await open();
    const { client } = await hello('bot', []);
    client.write('x'.repeat(1024 * 1024 + 1));
    await client.ended;
    await until('it is told', () => broken.length > 0);
    expect(broken).to.deep.equal(['bot: invalid request: a message may have 1048576 bytes']);
  });

  it('ask a module to shut down, and wait for its answer', async () => {
    await open();
    const { client } = await hello('bot', []);
    const asked = links.askToShutDown('bot', 5000);
    const call = (await client.receive()) as { id: number; params: unknown };
    expect(call.params).to.deep.equal({ deadline_ms: 5000 });
    client.send({ jsonrpc: '2.0', id: call.id, result: {} });
    await asked;
  });

  it('do not wait for a module without a link, that does not know the call, or that is late', async () => {
    await open();
    await links.askToShutDown('bot', 5000);
    const { client } = await hello('bot', []);
    const asked = links.askToShutDown('bot', 5000);
    const { id } = (await client.receive()) as { id: number };
    client.send({ jsonrpc: '2.0', id, error: { code: -32601, message: 'no such method' } });
    await asked;
    await links.askToShutDown('bot', 20);
  });
});

const linked = {
  name: 'bot',
  launch: '1',
  startedMonotonicMs: 0,
  config: { health: { check: { kind: 'link' } } },
} as unknown as CheckedModule;
