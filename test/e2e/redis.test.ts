import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { after, before, describe, it } from 'mocha';
import { packageRoot } from '../../config/paths.ts';
import type { RpcClient } from '../../rpc/client.ts';
import { rpcFailure } from '../daemon/supervisor/house.ts';
import { compiledTree } from '../support/programs.ts';
import { pythonEnv, whyNoPython } from '../support/python.ts';
import { TestRedis, whyNoRedis } from '../support/redis.ts';
import { temporaryHomes, type TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

const ready = { link: true, timeout: '20s' };
const asker = {
  type: 'node',
  module: join(compiledTree, 'test', 'fixtures', 'request-module.js'),
  ready,
};
const snake = {
  type: 'exec',
  command: ['python3', join(packageRoot(), 'test', 'fixtures', 'request_module.py')],
  env: pythonEnv,
  ready,
};

interface Heard {
  readonly id: string;
  readonly topic: string;
  readonly data: unknown;
  readonly source: string;
}

/** A daemon with one module, as it is asked from outside. */
class Host {
  readonly home: TestHome;
  readonly module: string;
  readonly rpc: RpcClient;
  readonly pid: number;

  private constructor(home: TestHome, module: string, rpc: RpcClient, pid: number) {
    this.home = home;
    this.module = module;
    this.rpc = rpc;
    this.pid = pid;
  }

  static async start(home: TestHome, module: string, redis: TestRedis): Promise<Host> {
    const shared = { backend: 'redis', url: redis.url };
    const text = JSON.stringify({ infrastructure: { event_bus: shared, cache: shared } });
    writeFileSync(join(home.configDir, 'infrastructure.yaml'), text);
    const pid = await home.start();
    await home.reaches(module, 'running');
    return new Host(home, module, await home.rpc(), pid);
  }

  say(topic: string, data: unknown): Promise<unknown> {
    return this.rpc.callAny(`${this.module}.publish`, { topic, data });
  }

  ask(topic: string, data: unknown, timeoutMs?: number): Promise<unknown> {
    return this.rpc.callAny(`${this.module}.ask`, { topic, data, ...(timeoutMs && { timeoutMs }) });
  }

  async heard(): Promise<{ heard: Heard[]; lost: (number | null)[] }> {
    return (await this.rpc.callAny(`${this.module}.heard`)) as never;
  }

  async hears(data: unknown): Promise<void> {
    await until(`it hears ${JSON.stringify(data)}`, async () => {
      const { heard } = await this.heard();
      return heard.some((event) => event.data === data);
    });
  }

  async health(state: string): Promise<string | null> {
    const { backends, status } = await until(`Redis is ${state}`, async () => {
      const report = await this.rpc.call('monitoring.health');
      const { event_bus: bus, cache } = report.backends;
      return bus?.state === state && cache?.state === state ? report : null;
    });
    expect(status).to.equal(state === 'up' ? 'healthy' : 'degraded');
    return backends['event_bus']?.why ?? null;
  }
}

describe('two daemons on one Redis', function () {
  const why = whyNoRedis() ?? whyNoPython();
  if (why !== null) return void it.skip(`with a Python and a Node module: ${why}`);
  const homes = temporaryHomes('all');
  let redis: TestRedis;
  let node: Host;
  let python: Host;
  before(async () => {
    redis = await TestRedis.absent();
    const modules = [
      homes.create({ modules: { asker }, autostart: ['asker'] }),
      homes.create({ modules: { snake }, autostart: ['snake'] }),
    ] as const;
    [node, python] = await Promise.all([
      Host.start(modules[0], 'asker', redis),
      Host.start(modules[1], 'snake', redis),
    ]);
  });
  after(() => redis.dispose());

  it('start without it, keep what is published for it, and find it when it is there (row 96)', async () => {
    const reasons = await Promise.all([node.health('down'), python.health('down')]);
    expect(reasons.join(' ')).to.include('ECONNREFUSED');
    await node.say('early.bird', 1);
    expect((await node.rpc.call('events.stats')).exchange).to.deep.include({ waiting: 1, sent: 0 });
    await redis.restart();
    await Promise.all([node.health('up'), python.health('up')]);
    await until('it is sent', async () => {
      return (await node.rpc.call('events.stats')).exchange?.sent === 1;
    });
  });

  it('let a Python and a Node module hear each other, each event once, with the host that it comes from (rows 65 and 70)', async () => {
    await python.say('py.said', 'hello');
    await node.say('node.said', 'bonjour');
    for (const host of [node, python]) {
      await host.hears('hello');
      await host.hears('bonjour');
    }
    const host = hostname();
    const seen = async (of: Host) =>
      (await of.heard()).heard.map(({ data, source }) => `${String(data)} of ${source}`).sort();
    expect(await seen(node)).to.deep.equal(['bonjour of asker', `hello of snake@${host}`]);
    expect(await seen(python)).to.deep.equal([`bonjour of asker@${host}`, 'hello of snake']);
  });

  it('let them ask each other, through both daemons, and refuse and fail as in one', async () => {
    expect(await node.ask('py.triple', 14)).to.equal(42);
    expect(await python.ask('node.double', 21)).to.equal(42);
    // Also at home: its daemon calls what it has claimed.
    expect(await node.rpc.callAny('asker.double', { n: 4 })).to.equal(8);
    const refusal = await rpcFailure(node.ask('py.triple', 'x'));
    expect(refusal).to.deep.include({ code: -31000, message: 'that is no number' });
    expect((await rpcFailure(python.ask('node.double', 'x'))).data).to.deep.equal({ got: 'x' });
    expect((await rpcFailure(python.ask('node.double', 13))).message).to.equal('internal error');
    const unheard = await rpcFailure(node.ask('nobody.there', 1, 200));
    expect([unheard.code, unheard.message]).to.deep.equal([
      -32006,
      'nobody answered "nobody.there" within 200 ms: whether somebody acted on it is not known',
    ]);
  });

  it('share a cache (row 71)', async () => {
    await node.rpc.call('cache.set', { key: 'ticker', value: { price: '1.5' }, ttl: 60 });
    const read = await python.rpc.call('cache.get', { key: 'ticker' });
    expect(read).to.deep.include({ hit: true, value: { price: '1.5' } });
  });

  it('go on, each by itself, when Redis is killed, say so, and hear each other again after it, with the gap told (rows 71 and 96)', async () => {
    await redis.kill();
    const reasons = await Promise.all([node.health('down'), python.health('down')]);
    expect(reasons.join(' ')).to.match(/closed the connection|ECONNREFUSED/);
    const shown = await node.home.cli('health');
    expect(shown).to.include({ status: 0 });
    expect(shown.stdout).to.include(`event_bus: Redis at ${redis.address} is down for `);
    await node.say('node.said', 'in the dark');
    await node.hears('in the dark');
    expect((await python.heard()).heard.map(({ data }) => data)).to.not.include('in the dark');
    await node.rpc.call('cache.set', { key: 'ticker', value: 2 });
    expect(await node.rpc.call('cache.get', { key: 'ticker' })).to.deep.include({ value: 2 });
    expect(await python.rpc.call('cache.get', { key: 'ticker' })).to.deep.include({ hit: false });

    await redis.restart();
    await Promise.all([node.health('up'), python.health('up')]);
    await node.say('node.said', 'light');
    await python.say('py.said', 'again');
    await Promise.all([node.hears('again'), python.hears('light')]);
    for (const host of [node, python]) {
      const { heard, lost } = await host.heard();
      expect(new Set(heard.map(({ id }) => id)).size).to.equal(heard.length);
      expect(lost[0]).to.equal(null);
      const { events } = await host.rpc.call('events.history', { topics: ['system.alert'] });
      const types = events.map(({ data }) => (data as { type: string }).type);
      expect(types).to.include.members(['redis_down', 'redis_up']);
    }
    expect(await node.rpc.call('cache.get', { key: 'ticker' })).to.deep.include({ hit: false });
    expect(await python.ask('node.double', 4)).to.equal(8);
  });

  it('name the address of Redis, and its password nowhere', async () => {
    const { stdout } = await node.home.cli('config', 'show', '--json');
    const metrics = await node.rpc.call('monitoring.metrics', { format: 'prometheus' });
    const metricsText = JSON.stringify(metrics).replaceAll('\\"', '"');
    const answers = await Promise.all([
      node.rpc.call('monitoring.health'),
      node.rpc.call('events.stats'),
      node.rpc.call('events.history', {}),
    ]);
    const lines = node.home.storedLines('daemon').map((line) => JSON.stringify(line));
    const all = [stdout, metricsText, JSON.stringify(answers), ...lines].join('\n');
    expect(all).to.include(redis.address).and.not.include(redis.password);
    expect(metricsText).to.include('superbot_redis_up{use="event_bus"} 1');
    expect(metricsText).to.match(/superbot_exchange_received_total [1-9]/);
  });

  it('are the same two daemons as before all of this', async () => {
    for (const { rpc, pid } of [node, python])
      expect((await rpc.call('daemon.status')).pid).to.equal(pid);
  });

  it('are left with their backend by a reload, which says when another one is used', async () => {
    const memory = { infrastructure: { cache: { default_ttl: '1m' } } };
    writeFileSync(join(node.home.configDir, 'infrastructure.yaml'), JSON.stringify(memory));
    const { plan } = await node.rpc.call('daemon.reload_config', {});
    const reasons = plan.map(({ key, reason }) => `${key ?? ''}: ${reason}`);
    expect(reasons).to.include(
      'infrastructure.event_bus.url: in force from the next start of the daemon',
    );
    expect(reasons).to.include(
      'infrastructure.cache.backend: in force from the next start of the daemon',
    );
    expect((await node.rpc.call('events.stats')).backend).to.equal('redis');
  });
});
