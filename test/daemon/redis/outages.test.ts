import { expect } from 'chai';
import { Redis } from 'ioredis';
import { describe, it } from 'mocha';
import { LongWay } from '../../support/long-way.ts';
import { TestRedis, whyNoRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';
import { BusOnRedis, House } from './bus-on-redis.ts';

describe('events through a Redis that fails', function () {
  const why = whyNoRedis();
  if (why !== null) return void it.skip(`between daemons: ${why}`);
  const house = new House();

  it('wait while Redis is killed, are heard at home, and go on when it is back, with the gap told (row 96)', async () => {
    const [alpha, beta] = await house.pair();
    alpha.bus.publish('before', 1);
    await beta.hears('before', 1);
    await house.redis.kill();
    await until('both know', () => [alpha, beta].every(({ told }) => told.includes('down')));
    for (const n of [1, 2, 3]) alpha.bus.publish('meanwhile', n);
    expect(alpha.data('meanwhile')).to.deep.equal([1, 2, 3]);
    expect(alpha.exchange.stats()).to.deep.include({ waiting: 3, dropped: 0 });
    await until('it is refused', () => alpha.exchange.status.why?.includes('ECONNREFUSED'));
    await house.redis.restart();
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
    const [alpha, beta] = await house.pair();
    alpha.bus.publish('before', 1);
    await beta.hears('before', 1);
    await house.redis.kill();
    await until('both know', () => [alpha, beta].every(({ told }) => told.includes('down')));
    for (let n = 0; n < 10_100; n += 1) alpha.bus.publish('meanwhile', n);
    expect(alpha.exchange.stats()).to.deep.include({ waiting: 10_000, dropped: 100 });
    await house.redis.restart();
    await Promise.all([alpha.isUp(), beta.isUp()]);
    expect(alpha.told.at(-1)).to.equal('up, 100 lost');
    await until('they are sent', () => alpha.exchange.stats().waiting === 0);
    expect(beta.lost[0]).to.equal(null);
  });

  it('notice a Redis that is stopped in its tracks by its silence, and go on after it', async () => {
    const [alpha, beta] = await house.pair();
    house.redis.signal('SIGSTOP');
    alpha.bus.publish('meanwhile', 1);
    expect(alpha.data('meanwhile')).to.deep.equal([1]);
    await until('both know', () => [alpha, beta].every(({ told }) => told.includes('stalled')));
    house.redis.signal('SIGCONT');
    await Promise.all([alpha.isUp(), beta.isUp()]);
    alpha.bus.publish('after', 1);
    await beta.hears('after', 1);
    expect(beta.data('after')).to.deep.equal([1]);
    expect(beta.data('meanwhile').length).to.be.at.most(1);
    expect(beta.lost[0]).to.equal(null);
  });

  it('need no Redis at the start, and say nothing of a gap to who was there first', async () => {
    await house.redis.kill();
    const alpha = house.begin('alpha');
    await until('it knows', () => alpha.told.includes('down'));
    alpha.bus.publish('early', 1);
    await house.redis.restart();
    await alpha.isUp();
    await until('it is sent', () => alpha.exchange.stats().sent === 1);
    await alpha.exchange.stop();
    const last = new BusOnRedis(house.redis.url, 'gamma');
    await last.isUp();
    await last.exchange.stop();
    await last.exchange.stop();
    expect(last.lost).to.deep.equal([]);
  });

  const unfit: [
    string,
    (direct: Redis) => Promise<unknown>,
    (direct: Redis) => Promise<unknown>,
    string,
  ][] = [
    [
      'becomes a replica, which would tell nobody',
      (direct) => direct.replicaof('127.0.0.1', 1),
      (direct) => direct.replicaof('NO', 'ONE'),
      'it is a replica, no master',
    ],
    [
      'is held up by a script',
      async (direct) => {
        await direct.config('SET', 'busy-reply-threshold', 1);
        direct.eval('while true do end', 0).catch(killed);
      },
      (direct) => direct.script('KILL'),
      'BUSY Redis is busy running a script.',
    ],
  ];
  for (const [what, upset, mend, reason] of unfit)
    it(`wait while Redis ${what}, which is an outage, and go on after it (row 96)`, async () => {
      const [alpha, beta] = await house.pair();
      const [direct, other] = [new Redis(house.redis.url), new Redis(house.redis.url)];
      await upset(direct);
      await until('both know', () => [alpha, beta].every(({ told }) => told.length === 1));
      expect(alpha.exchange.status).to.deep.include({ state: 'down' });
      expect(alpha.exchange.status.why).to.include(reason);
      alpha.bus.publish('meanwhile', 1);
      await mend(other);
      await Promise.all([alpha.isUp(), beta.isUp()]);
      alpha.bus.publish('after', 1);
      await beta.hears('after', 1);
      direct.disconnect();
      other.disconnect();
      expect(alpha.told).to.deep.equal(['down', 'up, 0 lost']);
    });

  it('go on by another server, when that has taken the place of the first', async () => {
    const [way, second] = await Promise.all([LongWay.to(house.redis.port), TestRedis.start()]);
    const url = house.redis.url.replace(/\d+$/, `${way.port}`);
    try {
      const [alpha, beta] = [house.begin('alpha', url), house.begin('beta', url)];
      await Promise.all([alpha.isUp(), beta.isUp()]);
      way.leadTo(second.port);
      await until('both know', () => [alpha, beta].every(({ told }) => told.length > 0));
      await Promise.all([alpha.isUp(), beta.isUp()]);
      alpha.bus.publish('after', 1);
      await beta.hears('after', 1);
      expect(beta.told).to.deep.equal(['down', 'up, 0 lost']);
      expect(beta.lost).to.deep.equal([null]);
    } finally {
      way.close();
      await second.dispose();
    }
  });

  it('of one who is cut off because too much waited for it are missing, which it is told', async () => {
    const [alpha, beta] = await house.pair();
    const direct = new Redis(house.redis.url);
    await direct.config('SET', 'client-output-buffer-limit', 'pubsub 100kb 0 0');
    await direct.publish('superbot:a.b', 'x'.repeat(20 * 1024 * 1024));
    await until('they know', () => [alpha, beta].every(({ told }) => told.includes('down')));
    await direct.config('SET', 'client-output-buffer-limit', 'pubsub 32mb 8mb 60');
    await Promise.all([alpha.isUp(), beta.isUp()]);
    alpha.bus.publish('after', 1);
    await beta.hears('after', 1);
    direct.disconnect();
    expect(beta.lost).to.deep.equal([null]);
  });
});

/** The script is ended by another connection. */
function killed(error: unknown): void {
  expect(String(error)).to.include('ERR Error running script');
}
