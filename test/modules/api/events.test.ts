// The module's half on a real link to a real server with the real bus behind it.
import { expect } from 'chai';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { Subscriptions } from '../../../daemon/api/subscriptions.ts';
import { Bus } from '../../../daemon/bus/bus.ts';
import { eventMethods } from '../../../daemon/methods/events.ts';
import { logMethods } from '../../../daemon/methods/logs.ts';
import { realSystem } from '../../../daemon/system.ts';
import { readEnvironment } from '../../../modules/api/link/environment.ts';
import { EventStream } from '../../../modules/api/events/stream.ts';
import { Events } from '../../../modules/api/events.ts';
import { Requests } from '../../../modules/api/events/requests.ts';
import { Link } from '../../../modules/api/link.ts';
import { createLogger } from '../../../modules/api/log.ts';
import { connectModule, type Module } from '../../../modules/api/module.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import { failure } from '../../rpc/failure.ts';
import { until } from '../../support/until.ts';
import { TestDaemon } from './daemon.ts';

describe('the events of a module', () => {
  let daemon: TestDaemon;
  let bus: Bus;
  let events: Events;
  let link: Link;
  let logged: string[];

  beforeEach(async () => {
    daemon = await TestDaemon.create();
    newBus();
    logged = [];
    const log = createLogger((line) => logged.push(line));
    events = new Events(log);
    const environment = readEnvironment(daemon.env);
    if (environment.kind !== 'supervised') throw new Error('expected a supervised environment');
    link = new Link({
      environment: environment.link,
      methods: new Map(),
      daemonMethods: new Map(),
      onUp: (peer) => events.connected(peer),
      onNotification: (method, params) => events.take(method, params),
      log,
    });
    link.start();
  });
  afterEach(async () => {
    events.close();
    await link.close();
    await daemon.remove();
  });

  function newBus(): void {
    bus = new Bus({ system: realSystem, log: { error: () => undefined } as never });
  }

  /** Another process of the daemon begins to answer, with the bus as it is. */
  async function start(): Promise<void> {
    const subscriptions = new Subscriptions();
    const { 'subscription.cancel': cancel } = logMethods({ subscriptions } as never);
    daemon.handlers = { ...eventMethods(bus, subscriptions), 'subscription.cancel': cancel };
    await daemon.start();
  }

  function isSubscribed(count = 1): Promise<boolean> {
    return until('the subscriptions are there', () => bus.stats().subscribers === count);
  }

  /** Its subscription, what it heard, and the losses that it was told of. */
  function listen(topics: string | string[]) {
    const heard: unknown[] = [];
    const lost: (number | null)[] = [];
    const stream = events.open(topics, { onLost: (count) => lost.push(count) });
    void events.each(stream, ({ data }) => heard.push(data));
    const hears = (last: unknown) => until(`it hears ${String(last)}`, () => heard.at(-1) === last);
    return { stream, heard, lost, hears };
  }

  it('arrive in order from the moment that the subscription has begun', async () => {
    await start();
    bus.publish('a', 'too early');
    const { stream, heard, hears } = listen('a');
    await stream.begun;
    for (let at = 0; at < 500; at += 1) bus.publish('a', at);
    await hears(499);
    expect(heard).to.deep.equal(Array.from({ length: 500 }, (_, at) => at));
  });

  it('that come in one read with the answer are not lost', async () => {
    await start();
    await link.call('module.list');
    const ended = new Promise<void>((resolve) => {
      const subscribe = bus.subscribe.bind(bus);
      // In the turn in which the answer is written, so that both leave together.
      bus.subscribe = (subscriber) => {
        setImmediate(() => {
          bus.publish('a', 1);
          resolve();
        });
        return subscribe(subscriber);
      };
    });
    const { hears } = listen('a');
    await ended;
    await hears(1);
  });

  it('go on after the link was away: none twice, none left out', async () => {
    await start();
    const { stream, heard, lost, hears } = listen('a.*');
    await stream.begun;
    bus.publish('a.b', 1);
    await hears(1);
    await daemon.stop();
    bus.publish('a.b', 2);
    bus.publish('other', 'not asked for');
    bus.publish('a.b', 3);
    await start();
    await hears(3);
    bus.publish('a.b', 4);
    await hears(4);
    expect(heard).to.deep.equal([1, 2, 3, 4]);
    expect(lost).to.deep.equal([]);
  });

  it('go on also when none had come before the link went away', async () => {
    await start();
    const { stream, heard, hears } = listen('a');
    await stream.begun;
    await daemon.stop();
    bus.publish('a', 1);
    await start();
    await hears(1);
    expect(heard).to.deep.equal([1]);
  });

  it('that are kept no more are reported as a gap, before what follows', async () => {
    await start();
    const { stream, heard, lost, hears } = listen('a');
    await stream.begun;
    await daemon.stop();
    for (let at = 1; at <= 1200; at += 1) bus.publish('a', at);
    await start();
    await hears(1200);
    expect(lost).to.deep.equal([200]);
    expect(heard).to.deep.equal(Array.from({ length: 1000 }, (_, at) => at + 201));
  });

  it('of a daemon that was replaced are a gap of unknown size, told once', async () => {
    await start();
    const { stream, heard, lost, hears } = listen('a');
    await stream.begun;
    bus.publish('a', 1);
    await hears(1);
    await daemon.stop();
    await until('a later millisecond', () => realSystem.now() * 1000 > bus.seq);
    newBus();
    await start();
    await until('the gap is told', () => lost.length === 1);
    await daemon.stop();
    bus.publish('a', 'while it was away');
    await start();
    await hears('while it was away');
    expect(heard).to.deep.equal([1, 'while it was away']);
    expect(lost).to.deep.equal([null]);
  });

  it('are not said to be lost where they were answers: whoever waits for one has a deadline', async () => {
    await start();
    const subscribe: Module['subscribe'] = (topics, onEvent, options) => {
      const stream = events.open(topics, options);
      void events.each(stream, onEvent);
      return stream;
    };
    const publish = (topic: string, data: unknown) => link.call('events.publish', { topic, data });
    const requests = new Requests({ publish, subscribe, log: createLogger(() => undefined) });
    await requests.respond('a', () => 1).begun;
    expect(await requests.request('a', null)).to.equal(1);
    await daemon.stop();
    await until('a later millisecond', () => realSystem.now() * 1000 > bus.seq);
    newBus();
    await start();
    await isSubscribed(2);
    const losses = logged.filter((line) => line.includes('events were lost'));
    expect(losses.map((line) => (JSON.parse(line) as { topics: unknown }).topics)).to.deep.equal([
      ['a'],
    ]);
  });

  it('can be subscribed to while the daemon is away', async () => {
    const { stream, hears } = listen('a');
    await start();
    await stream.begun;
    bus.publish('a', 1);
    await hears(1);
  });

  it('are handed over one by one; a callback that fails is logged and gets the next one (row 65)', async () => {
    await start();
    let inside = 0;
    const taken: unknown[] = [];
    const stream = events.open('a');
    void events.each(stream, async ({ data }: Event) => {
      inside += 1;
      expect(inside).to.equal(1);
      await new Promise(setImmediate);
      inside -= 1;
      taken.push(data);
      if (data === 1) throw new Error('not this one');
    });
    await stream.begun;
    for (const data of [1, 2, 3]) bus.publish('a', data);
    await until('all are taken', () => taken.length === 3);
    const failures = logged.filter((line) => line.includes('the handler of a failed'));
    expect(failures).to.have.length(1);
    expect(failures[0]).to.include('not this one');
  });

  it('are iterated until the loop is left, which cancels the subscription', async () => {
    await start();
    const stream = events.open('a');
    await stream.begun;
    for (const data of [1, 2, 3]) bus.publish('a', data);
    const seen: unknown[] = [];
    for await (const { data } of stream) if (seen.push(data) === 2) break;
    expect(seen).to.deep.equal([1, 2]);
    await isSubscribed(0);
    expect(await stream.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('stop when they are cancelled, also before the daemon has answered (row 65)', async () => {
    await start();
    await link.call('module.list');
    const { stream, heard } = listen('a');
    stream.cancel();
    const other = listen('a');
    await other.stream.begun;
    bus.publish('a', 1);
    await other.hears(1);
    expect(heard).to.deep.equal([]);
    await isSubscribed(1);
  });

  it('end with the link: what has arrived is still given', async () => {
    await start();
    const stream = events.open('a');
    await stream.begun;
    bus.publish('a', 1);
    await until('it has arrived', () => stream.from === bus.seq);
    events.close();
    expect(await stream.next()).to.have.nested.property('value.data', 1);
    expect(await stream.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('are refused under a pattern that is none: logged, and the stream ends', async () => {
    await start();
    const stream = events.open('a..b');
    expect(await failure(stream.begun)).to.have.property('code', -32602);
    expect(await stream.next()).to.deep.equal({ done: true, value: undefined });
    expect(logged.at(-1)).to.include('refused a subscription');
  });

  it('that nobody takes are dropped from the oldest, and counted', () => {
    const lost: (number | null)[] = [];
    const stream = new EventStream(
      ['a'],
      (count) => lost.push(count),
      () => undefined,
    );
    for (let seq = 1; seq <= 11_500; seq += 1) stream.push({ seq } as Event);
    const total = lost.reduce<number>((sum, count) => sum + count!, 0);
    expect(total).to.be.within(1500, 2500);
    return stream.next().then(({ value }) => expect(value?.seq).to.equal(total + 1));
  });

  it('are published by the module, and refused under the daemon’s words', async () => {
    await start();
    const module = connectModule({ env: daemon.env });
    const heard: Event[] = [];
    const subscription = module.subscribe('signal.*', (event) => heard.push(event));
    await subscription.begun;
    const id = await module.publish('signal.generated', { side: 'buy' });
    await until('it hears itself', () => heard.length === 1);
    expect(heard[0]).to.deep.include({ id, source: 'sample', data: { side: 'buy' } });
    expect(await failure(module.publish('module.ready', 1))).to.have.property('code', -32007);
    const rest = module.events('signal.*');
    await module.close();
    expect(await rest.next()).to.deep.equal({ done: true, value: undefined });
  });

  it('go nowhere in a program that no daemon has started', async () => {
    const module = connectModule({ env: {} });
    expect(await failure(module.publish('a', 1))).to.have.property('code', -32004);
    module.subscribe('a', () => undefined);
    await module.close();
  });
});
