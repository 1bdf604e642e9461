import { expect } from 'chai';
import { Redis } from 'ioredis';
import { describe, it } from 'mocha';
import { Bus } from '../../../daemon/bus/bus.ts';
import { realSystem } from '../../../daemon/system.ts';
import { itCarriesEvents } from '../../conformance/bus.ts';
import { whyNoRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { type BusOnRedis, House, log } from './bus-on-redis.ts';

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
  const house = new House();
  describe('between two daemons', () => {
    itCarriesEvents(async () => {
      const [alpha, beta] = await house.pair();
      const remove = () => Promise.resolve();
      return { publisher: alpha.bus, hearer: beta.bus, source: 'feed@alpha', remove };
    });
  });

  it('come to each daemon once, to the publisher as its own, and what a daemon says of itself stays (row 70)', async () => {
    const [alpha, beta] = await house.pair();
    alpha.bus.publish('order.filled', 1, 'feed');
    alpha.bus.publish('module.crashed', { module: 'feed' });
    beta.bus.publish('order.filled', 2, 'feed');
    await Promise.all([alpha.hears('order.filled', 2), beta.hears('order.filled', 2)]);
    for (const { bus } of [alpha, beta]) bus.publish('mark', null);
    await Promise.all([alpha.hears('mark', 2), beta.hears('mark', 2)]);
    const seen = ({ heard }: BusOnRedis) =>
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
      house.begin('alpha').isUp(),
      house.begin('paper', `${house.redis.url}/1`).isUp(),
    ]);
    const beta = await house.begin('beta').isUp();
    alpha.bus.publish('order.filled', 1);
    await beta.hears('order.filled', 1);
    expect(other.heard).to.deep.equal([]);
    expect(other.exchange.status.address).to.equal(`${house.redis.address}/1`);
  });

  it('are those of daemons only: whatever else is published there is counted and not believed', async () => {
    const [alpha, beta] = await house.pair();
    const stranger = new Redis(house.redis.url);
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
    const [alpha] = await house.pair();
    const stranger = new Redis(house.redis.url);
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
    const [alpha] = await house.pair();
    const stranger = new Redis(house.redis.url);
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

  it('say what is wrong with a password, without it', async () => {
    const alpha = house.begin(
      'alpha',
      house.redis.url.replace(house.redis.password, 'other-secret'),
    );
    await until('it knows', () => alpha.told.includes('down'));
    const { address, why: reason } = alpha.exchange.status;
    expect(address).to.equal(house.redis.address);
    expect(reason).to.include('WRONGPASS');
    expect(JSON.stringify(alpha.exchange.stats())).to.not.include('other-secret');
  });

  it('keep the time of their host, whatever the clock of another says', async () => {
    const hourAhead = { ...realSystem, now: () => realSystem.now() + 3_600_000 };
    const [alpha, beta] = await Promise.all([
      house.begin('alpha', house.redis.url, hourAhead).isUp(),
      house.begin('beta').isUp(),
    ]);
    for (const n of [1, 2, 3]) {
      alpha.bus.publish('a.b', n);
      await beta.hears('a.b', n);
      beta.bus.publish('c.d', n);
      await alpha.hears('c.d', n);
    }
    expect(beta.data('a.b')).to.deep.equal([1, 2, 3]);
    const times = alpha.heard.map(({ time }) => Date.parse(time) - Date.now());
    expect(times.filter((ms) => ms > 3_000_000)).to.have.length(3);
    expect(times.filter((ms) => ms < 1000)).to.have.length(3);
    const seqs = beta.heard.map(({ seq }) => seq);
    expect(seqs).to.deep.equal([...seqs].sort((a, b) => a - b));
    expect([alpha.lost, beta.lost, alpha.told, beta.told]).to.deep.equal([[], [], [], []]);
  });

  it('that were published right before the end still go out', async () => {
    const [alpha, beta] = await house.pair();
    for (let n = 0; n < 200; n += 1) alpha.bus.publish('last', n);
    await alpha.exchange.stop();
    expect(await beta.hears('last', 200)).to.have.length(200);
    expect(beta.lost).to.deep.equal([]);
  });
});
