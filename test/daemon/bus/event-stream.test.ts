// The real bus behind the real RPC server on a real socket.
import { expect } from 'chai';
import { afterEach, describe, it } from 'mocha';
import { Subscriptions } from '../../../daemon/api/subscriptions.ts';
import { Bus } from '../../../daemon/bus/bus.ts';
import { eventMethods } from '../../../daemon/methods/events.ts';
import { logMethods } from '../../../daemon/methods/logs.ts';
import { realSystem } from '../../../daemon/system.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import {
  linkToken,
  observerToken,
  operatorToken,
  startServer,
  type RawClient,
  type TestServer,
} from '../../rpc/wire.ts';
import { until } from '../../support/until.ts';

interface Message {
  readonly result?: { subscription: string; seq: number; id: string; events: Event[] };
  readonly error?: { code: number; data?: object };
  readonly method?: string;
  readonly params?: { subscription: string; event: Event; count: number | null };
}

describe('events over RPC', () => {
  let server: TestServer;
  let bus: Bus;
  afterEach(() => server.stop());

  async function serve(): Promise<void> {
    bus = new Bus({ system: realSystem, log: { error: () => undefined } as never });
    const subscriptions = new Subscriptions();
    const { 'subscription.cancel': cancel } = logMethods({ subscriptions } as never);
    server = await startServer({
      handlers: { ...eventMethods(bus, subscriptions), 'subscription.cancel': cancel },
      auth: 'required',
    });
  }

  async function client(token = operatorToken): Promise<RawClient> {
    const connected = await server.connect();
    await ask(connected, 'events.stats', {}, token);
    return connected;
  }

  async function ask(to: RawClient, method: string, params: object, auth?: string) {
    return (await to.ask({ jsonrpc: '2.0', id: 1, method, params, auth })) as Message;
  }

  async function subscribe(to: RawClient, topics: string[], from?: number) {
    const { result } = await ask(to, 'events.subscribe', { topics, from });
    return result!;
  }

  async function next(from: RawClient): Promise<Message> {
    return (await from.receive()) as Message;
  }

  it('reach another connection by a pattern, with who published them (row 70)', async () => {
    await serve();
    const listener = await client(observerToken);
    const { subscription, seq } = await subscribe(listener, ['price.*.update', 'price.**']);
    const module = await client(linkToken);
    const published = await ask(module, 'events.publish', {
      topic: 'price.BTC.update',
      data: { price: '1\u2028', list: [null, 1.5] },
    });
    const { method, params } = await next(listener);
    expect({ method, subscription: params?.subscription }).to.deep.equal({
      method: 'events.event',
      subscription,
    });
    const { time, ...event } = params!.event;
    expect(event).to.deep.equal({
      id: published.result?.id,
      seq: seq + 1,
      topic: 'price.BTC.update',
      data: { price: '1\u2028', list: [null, 1.5] },
      source: 'trading',
    });
    expect(Date.parse(time)).to.be.a('number');
    // Were it there twice, the second would come before this.
    bus.publish('price.last', null);
    expect((await next(listener)).params?.event.topic).to.equal('price.last');
  });

  it('are refused under the words of the daemon, from whomever (-32007), and to an observer at all', async () => {
    await serve();
    for (const word of ['system', 'module', 'config', 'schedule']) {
      for (const token of [linkToken, operatorToken]) {
        const topic = `${word}.ready`;
        const { error } = await ask(await client(token), 'events.publish', { topic, data: 1 });
        const data = { reason: 'daemon_topic', topic };
        expect(error).to.deep.include({ code: -32007, data });
      }
    }
    const own = await ask(await client(linkToken), 'events.publish', {
      topic: 'modules.x',
      data: 1,
    });
    expect(own.result?.id).to.be.a('string');
    const { error } = await ask(await client(observerToken), 'events.publish', {
      topic: 'a',
      data: 1,
    });
    expect(error).to.have.property('code', -32007);
    expect(bus.stats().published).to.equal(1);
  });

  for (const [method, params] of [
    ['events.subscribe', { topics: [] }],
    ['events.subscribe', { topics: ['a..b'] }],
    ['events.subscribe', { topics: ['a'], from: -1 }],
    ['events.subscribe', { topics: 'a' }],
    ['events.publish', { topic: 'a.*', data: 1 }],
    ['events.publish', { topic: 'a' }],
    ['events.history', { limit: 0 }],
  ] as const)
    it(`are invalid params: ${method} ${JSON.stringify(params)}`, async () => {
      await serve();
      expect((await ask(await client(), method, params)).error?.code).to.equal(-32602);
    });

  it('go on after a number: what was missed first, then what comes, each once', async () => {
    await serve();
    bus.publish('a', 1);
    const from = bus.seq;
    bus.publish('b', 2);
    bus.publish('a', 3);
    const listener = await client();
    const { seq } = await subscribe(listener, ['a'], from);
    expect(seq).to.equal(bus.seq);
    bus.publish('a', 4);
    expect((await next(listener)).params?.event.data).to.equal(3);
    expect((await next(listener)).params?.event.data).to.equal(4);
    const { result } = await ask(listener, 'events.history', { topics: ['a'], from });
    expect(result?.events.map(({ data }) => data)).to.deep.equal([3, 4]);
  });

  it('tell of what is kept no more, before the rest', async () => {
    await serve();
    const first = bus.seq;
    for (let at = 1; at <= 1100; at += 1) bus.publish('a', at);
    const listener = await client();
    await subscribe(listener, ['a'], first);
    expect(await next(listener))
      .to.deep.include({ method: 'events.lost' })
      .and.to.have.nested.property('params.count', 100);
    for (let at = 101; at <= 1100; at += 1)
      expect((await next(listener)).params?.event.data).to.equal(at);
    await subscribe(listener, ['a'], 1);
    expect((await next(listener)).params?.count).to.equal(null);
  });

  it('wait in a bounded queue for one who does not read, who is told how many were dropped', async () => {
    await serve();
    const slow = await client();
    await subscribe(slow, ['a']);
    slow.pause();
    const quick = await client();
    await subscribe(quick, ['a']);
    const data = 'x'.repeat(20_000);
    const count = 1500;
    let seen = 0;
    for (let at = 0; at < count; at += 1) {
      bus.publish('a', `${at} ${data}`);
      // The other one reads as ever meanwhile.
      expect((await next(quick)).params?.event.data).to.match(new RegExp(`^${at} `));
    }
    expect(bus.stats().lost, 'counted while it does not read').to.be.greaterThan(0);
    slow.resume();
    let lost = 0;
    while (seen + lost < count) {
      const { method, params } = await next(slow);
      if (method === 'events.lost') lost += params!.count!;
      else {
        expect((params?.event.data as string).split(' ')[0]).to.equal(String(seen + lost));
        seen += 1;
      }
    }
    expect(lost).to.be.greaterThan(500);
    expect(bus.stats()).to.include({ lost, failed: 0 });
  });

  it('end with their connection, or when they are cancelled (row 65)', async () => {
    await serve();
    const listener = await client();
    const { subscription } = await subscribe(listener, ['a', 'b']);
    const other = await client();
    await subscribe(other, ['a']);
    expect(bus.stats()).to.include({ subscribers: 2, patterns: 3 });
    await ask(listener, 'subscription.cancel', { subscription });
    expect(bus.stats()).to.include({ subscribers: 1, patterns: 1 });
    other.destroy();
    await until('the daemon has noticed', () => bus.stats().subscribers === 0);
    bus.publish('a', 1);
    expect((await ask(listener, 'events.stats', {})).result).to.include({ delivered: 0 });
  });
});
