import { expect } from 'chai';
import { Redis } from 'ioredis';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import { Bus } from '../../../daemon/bus/bus.ts';
import { Exchange } from '../../../daemon/redis/exchange.ts';
import { realSystem } from '../../../daemon/system.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import { itCarriesEvents } from '../../conformance/bus.ts';
import { TestRedis, whyNoRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

const log = { error: () => undefined };

/** The bus of a daemon that is on Redis, and what it was told. */
class Daemon {
  readonly bus = new Bus({ system: realSystem, log });
  readonly heard: Event[] = [];
  readonly lost: (number | null)[] = [];
  readonly told: string[] = [];
  readonly faults: unknown[] = [];
  readonly exchange: Exchange;

  constructor(url: string, host: string) {
    const { bus, lost, told, faults } = this;
    this.exchange = new Exchange({
      ...{ system: realSystem, url, host, pingEveryMs: 100 },
      receive: (event) => bus.receive({ ...event, data: event.data as null }),
      onLost: (count) => bus.tellLost(count),
      onDown: ({ state }) => told.push(state),
      onReturn: (count) => told.push(`up, ${count} lost`),
      onFault: (doing, err) => faults.push([doing, err]),
    });
    bus.attach(this.exchange);
    bus.subscribe({
      ...{ name: 'test', topics: ['**'] },
      take: (event) => this.heard.push(event),
      lost: (count) => lost.push(count),
    });
    bus.subscribe({
      ...{ name: 'of its own daemon only', topics: ['module.*'] },
      take: () => undefined,
      lost: () => told.push('lost, although it wanted nothing of others'),
    });
    this.exchange.start();
  }

  async isUp(): Promise<this> {
    await until('it is up', () => this.exchange.status.state === 'up');
    return this;
  }

  /** Of what it heard under this topic. */
  data(topic: string): unknown[] {
    return this.heard.filter((event) => event.topic === topic).map(({ data }) => data);
  }

  async hears(topic: string, count: number): Promise<unknown[]> {
    await until(`${count} of ${topic}`, () => this.data(topic).length >= count);
    return this.data(topic);
  }
}

describe('events within one daemon', () => {
  itCarriesEvents(() => {
    const bus = new Bus({ system: realSystem, log });
    const remove = () => {
      bus.close();
      return Promise.resolve();
    };
    return Promise.resolve({ publisher: bus, hearer: bus, source: 'feed', remove });
  });
});

describe('events through Redis', function () {
  const why = whyNoRedis();
  if (why !== null) return void it.skip(`between daemons: ${why}`);
  let redis: TestRedis;
  const daemons: Daemon[] = [];
  before(async () => {
    redis = await TestRedis.start();
  });
  beforeEach(() => redis.resume());
  afterEach(async () => {
    const ended = daemons.splice(0);
    await Promise.all(ended.map(({ exchange }) => exchange.stop()));
    expect(ended.flatMap(({ faults }) => faults)).to.deep.equal([]);
  });
  after(() => redis.dispose());

  const begin = (host: string, url = redis.url): Daemon => {
    const daemon = new Daemon(url, host);
    daemons.push(daemon);
    return daemon;
  };
  const pair = (): Promise<[Daemon, Daemon]> =>
    Promise.all([begin('alpha').isUp(), begin('beta').isUp()]);

  describe('between two daemons', () => {
    itCarriesEvents(async () => {
      const [alpha, beta] = await pair();
      const remove = () => Promise.resolve();
      return { publisher: alpha.bus, hearer: beta.bus, source: 'feed@alpha', remove };
    });
  });

  it('come to each daemon once, to the publisher as its own, and what a daemon says of itself stays (row 70)', async () => {
    const [alpha, beta] = await pair();
    alpha.bus.publish('order.filled', 1, 'feed');
    alpha.bus.publish('module.crashed', { module: 'feed' });
    beta.bus.publish('order.filled', 2, 'feed');
    await Promise.all([alpha.hears('order.filled', 2), beta.hears('order.filled', 2)]);
    for (const { bus } of [alpha, beta]) bus.publish('mark', null);
    await Promise.all([alpha.hears('mark', 2), beta.hears('mark', 2)]);
    const seen = ({ heard }: Daemon) =>
      heard
        .filter(({ topic }) => topic !== 'mark')
        .map(({ topic, source }) => `${topic} ${source}`)
        .sort();
    expect(seen(alpha)).to.deep.equal([
      'module.crashed daemon',
      'order.filled feed',
      'order.filled feed@beta',
    ]);
    expect(seen(beta)).to.deep.equal(['order.filled feed', 'order.filled feed@alpha']);
    expect(alpha.bus.stats()).to.deep.include({ backend: 'redis', published: 3 });
    expect(alpha.exchange.stats()).to.deep.include({ sent: 2, received: 2, ignored: 0 });
  });

  it('stay apart by the number of the database, although Redis publishes across them', async () => {
    const [alpha, other] = await Promise.all([
      begin('alpha').isUp(),
      begin('paper', `${redis.url}/1`).isUp(),
    ]);
    const beta = await begin('beta').isUp();
    alpha.bus.publish('order.filled', 1);
    await beta.hears('order.filled', 1);
    expect(other.heard).to.deep.equal([]);
    expect(other.exchange.status.address).to.equal(`${redis.address}/1`);
  });

  it('are those of daemons only: whatever else is published there is counted and not believed', async () => {
    const [alpha, beta] = await pair();
    const stranger = new Redis(redis.url);
    const event = { id: 'x-1', topic: 'a.b', data: 1, time: new Date().toISOString(), source: 'm' };
    const good = { origin: '0123456789abcdef', n: 1, host: 'h', event };
    const bad: [string, unknown][] = [
      ['a.b', 'no object'],
      ['a.b', { ...good, origin: 'ABC' }],
      ['a.b', { ...good, n: 1.5 }],
      ['a.b', { ...good, host: '\u001b[2J' }],
      ['a.b', { ...good, event: { ...event, source: 'm\n' } }],
      ['a.b', { ...good, event: { ...event, time: 'yesterday' } }],
      ['a.c', good],
      ['system.ready', { ...good, event: { ...event, topic: 'system.ready' } }],
      ['a..b', { ...good, event: { ...event, topic: 'a..b' } }],
      ['a.b', { ...good, event: undefined }],
    ];
    for (const [topic, message] of bad)
      await stranger.publish(`superbot:${topic}`, JSON.stringify(message));
    await stranger.publish('superbot:a.b', '{"origin":"0123456789abcdef","n":');
    await stranger.publish('superbot:a.b', '['.repeat(100_000));
    await stranger.publish('superbot:a.b', JSON.stringify(good));
    await stranger.publish(
      'superbot:a.b',
      JSON.stringify({ ...good, event: { ...event, data: 2 } }),
    );
    await stranger.publish('superbot:a.b', JSON.stringify({ ...good, n: 2 }));
    stranger.disconnect();
    expect(await alpha.hears('a.b', 2)).to.deep.equal([1, 1]);
    expect(alpha.exchange.stats()).to.deep.include({ received: 2, ignored: bad.length + 3 });
    beta.bus.publish('still.there', 1);
    await alpha.hears('still.there', 1);
  });

  it('that are missing are counted when the next one comes, or when its daemon says how far it is', async () => {
    const [alpha] = await pair();
    const stranger = new Redis(redis.url);
    const send = (n: number, topic = 'a.b'): Promise<number> => {
      const event = { id: `x-${n}`, topic, data: n, time: new Date().toISOString(), source: 'm' };
      const origin = { origin: '0123456789abcdef', n, host: 'h' };
      const message = topic === '@position' ? origin : { ...origin, event };
      return stranger.publish(`superbot:${topic}`, JSON.stringify(message));
    };
    for (const n of [7, 8, 11, 10, 11]) await send(n);
    expect(await alpha.hears('a.b', 3)).to.deep.equal([7, 8, 11]);
    await send(11, '@position');
    await send(14, '@position');
    await send(15);
    await alpha.hears('a.b', 4);
    stranger.disconnect();
    expect(alpha.lost).to.deep.equal([2, 3]);
    expect(alpha.exchange.stats()).to.deep.include({ missed: 5, ignored: 2 });
    expect(alpha.told).to.deep.equal([]);
  });

  it('tell by themselves how far they are, so that also the last one is missed', async () => {
    const [alpha] = await pair();
    const stranger = new Redis(redis.url);
    const positions: string[] = [];
    stranger.on('pmessage', (_pattern, channel, message) => {
      if (channel === 'superbot:@position') positions.push(message);
    });
    await stranger.psubscribe('superbot:*');
    for (const n of [1, 2, 3]) alpha.bus.publish('a.b', n);
    const told = await until('its position', () => positions[0]);
    stranger.disconnect();
    expect(JSON.parse(told)).to.deep.include({ n: 3, host: 'alpha' });
  });

  it('wait while Redis is killed, are heard at home, and go on when it is back, with the gap told (row 96)', async () => {
    const [alpha, beta] = await pair();
    alpha.bus.publish('before', 1);
    await beta.hears('before', 1);
    await redis.kill();
    await until('both know', () => [alpha, beta].every(({ told }) => told.includes('down')));
    for (const n of [1, 2, 3]) alpha.bus.publish('meanwhile', n);
    expect(alpha.data('meanwhile')).to.deep.equal([1, 2, 3]);
    expect(alpha.exchange.stats()).to.deep.include({ waiting: 3, dropped: 0 });
    await until('it is refused', () => alpha.exchange.status.why?.includes('ECONNREFUSED'));
    await redis.restart();
    await Promise.all([alpha.isUp(), beta.isUp()]);
    alpha.bus.publish('after', 1);
    await beta.hears('after', 1);
    expect(beta.data('before')).to.deep.equal([1]);
    // They waited for Redis, not for its subscribers: whether beta was there first is not known.
    expect(beta.data('meanwhile').length).to.be.oneOf([0, 3]);
    expect([alpha.lost[0], beta.lost[0]]).to.deep.equal([null, null]);
    expect(alpha.told).to.deep.equal(['down', 'up, 0 lost']);
  });

  it('that wait too long are dropped and counted, and missed by the other side', async () => {
    const [alpha, beta] = await pair();
    alpha.bus.publish('before', 1);
    await beta.hears('before', 1);
    await redis.kill();
    await until('both know', () => [alpha, beta].every(({ told }) => told.includes('down')));
    for (let n = 0; n < 10_100; n += 1) alpha.bus.publish('meanwhile', n);
    expect(alpha.exchange.stats()).to.deep.include({ waiting: 10_000, dropped: 100 });
    await redis.restart();
    await Promise.all([alpha.isUp(), beta.isUp()]);
    expect(alpha.told.at(-1)).to.equal('up, 100 lost');
    await until('they are sent', () => alpha.exchange.stats().waiting === 0);
    expect(beta.lost[0]).to.equal(null);
  });

  it('notice a Redis that is stopped in its tracks by its silence, and go on after it', async () => {
    const [alpha, beta] = await pair();
    redis.signal('SIGSTOP');
    alpha.bus.publish('meanwhile', 1);
    expect(alpha.data('meanwhile')).to.deep.equal([1]);
    await until('both know', () => [alpha, beta].every(({ told }) => told.includes('stalled')));
    redis.signal('SIGCONT');
    await Promise.all([alpha.isUp(), beta.isUp()]);
    alpha.bus.publish('after', 1);
    await beta.hears('after', 1);
    expect(beta.data('after')).to.deep.equal([1]);
    expect(beta.data('meanwhile').length).to.be.at.most(1);
    expect(beta.lost[0]).to.equal(null);
  });

  it('need no Redis at the start, and say nothing of a gap to who was there first', async () => {
    await redis.kill();
    const alpha = begin('alpha');
    await until('it knows', () => alpha.told.includes('down'));
    alpha.bus.publish('early', 1);
    await redis.restart();
    await alpha.isUp();
    await until('it is sent', () => alpha.exchange.stats().sent === 1);
    await alpha.exchange.stop();
    const last = new Daemon(redis.url, 'gamma');
    await last.isUp();
    await last.exchange.stop();
    await last.exchange.stop();
    expect(last.lost).to.deep.equal([]);
  });

  it('say what is wrong with a password, without it', async () => {
    const alpha = begin('alpha', redis.url.replace(redis.password, 'other-secret'));
    await until('it knows', () => alpha.told.includes('down'));
    const { address, why: reason } = alpha.exchange.status;
    expect(address).to.equal(redis.address);
    expect(reason).to.include('WRONGPASS');
    expect(JSON.stringify(alpha.exchange.stats())).to.not.include('other-secret');
  });

  it('that were published right before the end still go out', async () => {
    const [alpha, beta] = await pair();
    for (let n = 0; n < 200; n += 1) alpha.bus.publish('last', n);
    await alpha.exchange.stop();
    expect(await beta.hears('last', 200)).to.have.length(200);
    expect(beta.lost).to.deep.equal([]);
  });
});
