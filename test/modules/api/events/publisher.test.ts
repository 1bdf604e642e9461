// On a real link to a real server with the real bus behind it.
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { Subscriptions } from '../../../../daemon/api/subscriptions.ts';
import { Bus } from '../../../../daemon/bus/bus.ts';
import { eventMethods } from '../../../../daemon/methods/events.ts';
import { realSystem } from '../../../../daemon/system.ts';
import { Link } from '../../../../modules/api/link.ts';
import { createLogger } from '../../../../modules/api/log.ts';
import { Publisher } from '../../../../modules/api/events/publisher.ts';
import { readEnvironment } from '../../../../modules/api/link/environment.ts';
import { ConnectionClosedError } from '../../../../rpc/errors.ts';
import { failure } from '../../../rpc/failure.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { compiledTree } from '../../../support/programs.ts';
import { until } from '../../../support/until.ts';
import { TestDaemon } from '../daemon.ts';

describe('what a module publishes', () => {
  let daemon: TestDaemon;
  let bus: Bus;
  let link: Link;
  let publisher: Publisher;
  let clock: FakeClock;
  let logged: string[];
  let heard: unknown[];

  beforeEach(async () => {
    daemon = await TestDaemon.create();
    bus = new Bus({ system: realSystem, log: { error: () => undefined } });
    heard = [];
    bus.subscribe({ name: 'test', topics: ['**'], take: ({ data }) => heard.push(data) });
    daemon.handlers = eventMethods(bus, new Subscriptions());
    logged = [];
    const log = createLogger((line) => logged.push(line));
    const environment = readEnvironment(daemon.env);
    if (environment.kind !== 'supervised') throw new Error('expected a supervised environment');
    link = new Link({
      environment: environment.link,
      methods: new Map(),
      daemonMethods: new Map(),
      onUp: (peer) => publisher.connected(peer),
      onNotification: () => undefined,
      log,
    });
    clock = new FakeClock();
    publisher = new Publisher(link, log, clock);
    link.start();
  });
  afterEach(async () => {
    await link.close();
    await daemon.remove();
  });

  const drops = () => logged.filter((line) => line.includes('events were dropped'));
  const counted = (line?: string) => (JSON.parse(line ?? '{}') as { count?: number }).count;

  it('without an answer arrives in order, and is there when flush says so', async () => {
    await daemon.start();
    for (let at = 0; at < 20_000; at += 1) await publisher.emit('price.BTC', at);
    await publisher.flush();
    expect(heard).to.deep.equal(Array.from({ length: 20_000 }, (_, at) => at));
  });

  it('with and without an answer keeps its order', async () => {
    await daemon.start();
    await publisher.publish('a', 0);
    void publisher.emit('a', 1);
    const second = publisher.publish('a', 2);
    void publisher.emit('a', 3);
    await publisher.flush();
    expect(await second).to.match(/^[0-9a-f]+-3$/);
    expect(heard).to.deep.equal([0, 1, 2, 3]);
  });

  it('waits for a daemon that is away; flush waits with it', async () => {
    const flushedNothing = publisher.flush();
    let hasRoom = false;
    void publisher.emit('a', 1).then(() => (hasRoom = true));
    const flushed = publisher.flush();
    await new Promise(setImmediate);
    expect(hasRoom).to.equal(false);
    await daemon.start();
    await Promise.all([flushed, flushedNothing]);
    expect(hasRoom).to.equal(true);
    expect(heard).to.deep.equal([1]);
  });

  it('is waited for by flush for 30 s, and not at all by the end where there is no link', async () => {
    let outcome: unknown = 'waits';
    void publisher.emit('a', 1);
    const failed = failure(publisher.flush()).then((error) => (outcome = error));
    await clock.advance(29_999);
    expect(outcome).to.equal('waits');
    await clock.advance(1);
    expect(await failed).to.include({ code: -32006 });
    void publisher.emit('a', 2);
    await publisher.end();
    expect(heard).to.deep.equal([]);
  });

  it('is bounded while the daemon is away: the oldest are dropped, and counted in the log', async () => {
    for (let at = 0; at < 25_000; at += 1) void publisher.emit('a', at);
    await daemon.start();
    await publisher.flush();
    expect(heard.length).to.be.within(5000, 10_000);
    expect(heard.at(-1)).to.equal(24_999);
    expect(heard[0]).to.equal(25_000 - heard.length);
    expect(drops()).to.have.length(2);
    expect(counted(drops().at(-1))).to.be.within(10_000, 25_000 - heard.length);
  });

  it('is bounded in its characters as well', async () => {
    for (let at = 0; at < 40; at += 1) void publisher.emit('a', `${at} ${'x'.repeat(500_000)}`);
    await daemon.start();
    await publisher.flush();
    expect(heard.length).to.be.within(7, 16);
    expect(String(heard.at(-1)).slice(0, 3)).to.equal('39 ');
  });

  it('gives no room for more while the daemon does not read', async () => {
    const release: (() => void)[] = [];
    const waiting = () =>
      new Promise<{ modules: [] }>((resolve) => release.push(() => resolve({ modules: [] })));
    daemon.handlers = { ...daemon.handlers, 'module.list': waiting };
    await daemon.start();
    await link.call('events.stats');
    // So many calls are answered at the same time, and nothing is read meanwhile.
    const asked = Array.from({ length: 256 }, () => link.call('module.list'));
    await until('it reads no more', () => release.length === 256);
    let sent = 0;
    let isWaiting = false;
    const emitting = (async () => {
      for (; sent < 20_000; sent += 1) {
        const room = publisher.emit('a', `${sent} ${'x'.repeat(100)}`);
        const turn = setImmediate(() => (isWaiting = true));
        await room;
        clearImmediate(turn);
        if (sent % 100 === 0) await new Promise(setImmediate);
      }
    })();
    await until('it waits', () => isWaiting || sent === 20_000);
    expect(sent).to.be.below(20_000);
    expect(heard).to.have.length(0);
    for (const each of release) each();
    await Promise.all([emitting, ...asked]);
    await publisher.flush();
    expect(heard).to.have.length(20_000);
    expect(drops()).to.have.length(0);
  });

  it('is dropped and counted where it cannot be an event: the first, the tenth, the hundredth', async () => {
    await daemon.start();
    const circular: unknown[] = [];
    circular.push(circular);
    for (const [topic, data] of [
      ['a..b', 1],
      ['module.ready', 1],
      ['a', undefined],
      ['a', circular],
      ['a', 1n],
    ] as const)
      await publisher.emit(topic, data);
    for (let at = 0; at < 200; at += 1) await publisher.emit('*', 1);
    await publisher.emit('a', 'the only one');
    await publisher.flush();
    expect(heard).to.deep.equal(['the only one']);
    expect(drops().map(counted)).to.deep.equal([1, 10, 100]);
    expect(drops()[0]).to.include('is no topic of a module');
  });

  it('is not sent where the daemon would end the link for its length', async () => {
    await daemon.start();
    await publisher.emit('a', 'ü'.repeat(600_000));
    await publisher.emit('a', 'after it');
    await publisher.flush();
    expect(heard).to.deep.equal(['after it']);
    expect(drops()).to.have.length(1);
    expect(drops()[0]).to.include('the data of a is too large');
  });

  it('is waited for at the end; what comes too late is rejected, and logged where nobody waits', async () => {
    await daemon.start();
    await link.call('events.stats');
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    // Mocha has a listener of its own, which fails the run.
    const listeners = process.listeners('unhandledRejection');
    process.removeAllListeners('unhandledRejection').on('unhandledRejection', onUnhandled);
    try {
      void publisher.publish('a', 'in time');
      void publisher.emit('a', 'in time as well');
      await publisher.end();
      expect(heard).to.deep.equal(['in time', 'in time as well']);
      const closing = link.close();
      void publisher.publish('a', 'while it ends');
      await closing;
      void publisher.publish('a', 'after the end');
      expect(await failure(publisher.publish('a', 1))).to.be.instanceOf(ConnectionClosedError);
      await new Promise(setImmediate);
    } finally {
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);
    }
    expect(unhandled).to.deep.equal([]);
    const late = logged.filter((line) => line.includes('left unanswered'));
    expect(late.length).to.be.within(2, 3);
  });

  it('has all arrived when the program ends itself after a flush', async () => {
    await daemon.start();
    const program = join(compiledTree, 'test', 'fixtures', 'publishing-module.js');
    const child = fork(program, { env: { ...process.env, ...daemon.env } });
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).to.equal(0);
    // Before there is a link each of the two ways has an order of its own.
    const sorted = (heard as number[]).toSorted((a, b) => a - b);
    expect(sorted).to.deep.equal(Array.from({ length: 3000 }, (_, at) => at));
  });
});
