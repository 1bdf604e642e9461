// Streams of logs and events over the real server: how they go on, overflow and end.
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Subscriptions } from '../../../daemon/api/subscriptions.ts';
import { Bus } from '../../../daemon/bus/bus.ts';
import { ModulePublisher } from '../../../daemon/bus/module-publisher.ts';
import { LogFollowers } from '../../../daemon/logs/follow.ts';
import { eventMethods } from '../../../daemon/methods/events.ts';
import { logMethods } from '../../../daemon/methods/logs.ts';
import type { Transition } from '../../../daemon/supervisor/context.ts';
import { realSystem } from '../../../daemon/system.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import type { LogLine } from '../../../rpc/shapes.ts';
import { startServer, type RawClient, type TestServer } from '../../rpc/wire.ts';
import { temporaryFolders } from '../../support/temporary-folder.ts';
import { until } from '../../support/until.ts';

interface Message {
  readonly result?: { subscription: string; seq: number; lines: LogLine[] };
  readonly error?: { code: number; data?: object };
  readonly method?: string;
  readonly params?: { line: LogLine; event: Event; count: number | null };
}

const streams = [
  ['events.subscribe', { topics: ['a'] }],
  ['logs.stream', { module: 'feed' }],
] as const;

describe('streams', () => {
  const folder = temporaryFolders();
  let server: TestServer;
  let bus: Bus;
  let followers: LogFollowers;
  let subscriptions: Subscriptions;
  /** The modules whose lines the keeper sends. */
  let followed: readonly string[];

  beforeEach(async () => {
    bus = new Bus({ system: realSystem, log: { error: () => undefined } });
    followers = new LogFollowers(
      (modules) => {
        followed = modules;
        return Promise.resolve({});
      },
      () => ['feed', 'bot'],
    );
    const logsDir = folder();
    for (const module of ['feed', 'bot'])
      writeFileSync(join(logsDir, `${module}.log`), `${JSON.stringify(lineOf(module, 1))}\n`);
    subscriptions = new Subscriptions();
    const logs = logMethods({
      logsDir,
      followers,
      subscriptions,
      checkModule: () => undefined,
      onFault: (doing, error) => {
        throw new Error(doing, { cause: error });
      },
    });
    server = await startServer({ handlers: { ...eventMethods(bus, subscriptions), ...logs } });
  });
  afterEach(() => server.stop());

  async function ask(client: RawClient, method: string, params: object): Promise<Message> {
    return (await client.ask({ jsonrpc: '2.0', id: 1, method, params })) as Message;
  }

  async function next(client: RawClient): Promise<Message> {
    return (await client.receive()) as Message;
  }

  it('give all memory and descriptors back of a thousand peers that die without a word', async () => {
    const openFiles = () => readdirSync('/proc/self/fd').length;
    const before = process.platform === 'linux' ? openFiles() : 0;
    for (let round = 0; round < 10; round += 1) {
      const peers = await Promise.all(Array.from({ length: 100 }, () => server.connect()));
      await Promise.all(
        peers.map(async (peer, at) => {
          await ask(peer, 'events.subscribe', { topics: [`price.S${at}.*`, 'module.**'] });
          await ask(peer, 'logs.stream', { module: at % 2 === 0 ? 'feed' : 'bot' });
        }),
      );
      expect(bus.stats()).to.include({ subscribers: 100, patterns: 200 });
      expect(followed).to.deep.equal(['bot', 'feed']);
      expect(subscriptions.size).to.equal(200);
      for (const peer of peers) peer.destroy();
      await until('the daemon has noticed', () => bus.stats().subscribers === 0);
      await until('nobody follows', () => !followers.present);
    }
    expect(followed).to.deep.equal([]);
    expect(bus.stats()).to.include({ subscribers: 0, patterns: 0 });
    expect(subscriptions.size).to.equal(0);
    await until('connections are closed', () => server.server.connectionCount === 0);
    if (process.platform === 'linux')
      await until('descriptors are back', () => openFiles() <= before);
  });

  it('are cancelled once: a second time there is nothing to cancel', async () => {
    const client = await server.connect();
    for (const [method, params] of streams) {
      const { subscription } = (await ask(client, method, params)).result!;
      expect(await ask(client, 'subscription.cancel', { subscription })).to.have.property('result');
      const again = await ask(client, 'subscription.cancel', { subscription });
      expect(again.error?.code).to.equal(-32002);
    }
  });

  it('may be a hundred for a connection, logs and events together; another has its own', async () => {
    const client = await server.connect();
    const opened: string[] = [];
    for (let at = 0; at < 50; at += 1) {
      const events = await ask(client, 'events.subscribe', { topics: ['a'] });
      const logs = await ask(client, 'logs.stream', { lines: 0 });
      opened.push(events.result!.subscription, logs.result!.subscription);
    }
    for (const [method, params] of streams) {
      const refused = await ask(client, method, params);
      expect(refused.error).to.deep.include({
        code: -32007,
        data: { reason: 'too_many_subscriptions' },
      });
    }
    const other = await server.connect();
    expect(await ask(other, 'events.subscribe', { topics: ['a'] })).to.have.property('result');
    await ask(client, 'subscription.cancel', { subscription: opened[0] });
    expect(await ask(client, 'events.subscribe', { topics: ['a'] })).to.have.property('result');
  });

  it('show every change of a module’s state to one who was away, behind a flood of prices (row 61)', async () => {
    const states = new ModulePublisher(bus.publish);
    const client = await server.connect();
    const { result } = await ask(client, 'events.subscribe', { topics: ['module.*'] });
    states.take(transition('launch', 'starting'));
    const { params } = await next(client);
    expect(params?.event).to.deep.include({ topic: 'module.starting' });
    client.destroy();
    states.take(transition('ready', 'running'));
    for (let at = 0; at < 5000; at += 1) bus.publish('price.BTC.update', at);
    states.take(transition('back_off', 'restarting'));
    states.take(transition('launch', 'starting'));
    states.take(transition('end', 'stopping'));
    states.take(transition('gone', 'stopped'));
    const again = await server.connect();
    const from = params!.event.seq;
    expect(from).to.be.greaterThan(result!.seq);
    await ask(again, 'events.subscribe', { topics: ['module.*'], from });
    const seen: string[] = [];
    while (seen.at(-1) !== 'module.stopped stopped') {
      const { method, params: pushed } = await next(again);
      expect(method).to.equal('events.event');
      const { topic, data } = pushed!.event;
      seen.push(`${topic} ${(data as { state: string }).state}`);
    }
    expect(seen).to.deep.equal([
      'module.ready running',
      'module.started running',
      'module.crashed restarting',
      'module.restarting restarting',
      'module.starting starting',
      'module.stopping stopping',
      'module.stopped stopped',
    ]);
  });

  it('of logs tell a slow reader how many lines were dropped, and skip none in silence (row 80)', async () => {
    const slow = await server.connect();
    await ask(slow, 'logs.stream', { module: 'feed', lines: 1 });
    slow.pause();
    const count = 4000;
    for (let seq = 2; seq < count + 2; seq += 1) followers.take(lineOf('feed', seq));
    slow.resume();
    let accounted = 0;
    let lost = 0;
    while (accounted < count) {
      const { method, params } = await next(slow);
      if (method === 'logs.lost') lost += params!.count!;
      else expect(params!.line.seq).to.equal(accounted + 2);
      accounted += method === 'logs.lost' ? params!.count! : 1;
    }
    expect(lost).to.be.greaterThan(0);
  });
});

function lineOf(module: string, seq: number): LogLine {
  const time = new Date(Date.UTC(2026, 0, 1) + seq).toISOString();
  const text = `${seq} ${'x'.repeat(1000)}`;
  return { seq, time, module, stream: 'stdout', level: 'info', text };
}

function transition(event: Transition['event'], state: string): Transition {
  const status = { state, reason: null, restart_count: 0, last_error: null, pid: 7 };
  return { module: 'bot', event, from: 'starting', cause: null, status } as never;
}
