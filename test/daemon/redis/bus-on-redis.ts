// The bus of a daemon that is on Redis, beside a real redis-server.
import { expect } from 'chai';
import { after, afterEach, before, beforeEach } from 'mocha';
import { Bus } from '../../../daemon/bus/bus.ts';
import { Exchange } from '../../../daemon/redis/exchange.ts';
import { realSystem, type System } from '../../../daemon/system.ts';
import type { Event } from '../../../rpc/shapes-event.ts';
import { TestRedis } from '../../support/redis.ts';
import { until } from '../../support/until.ts';

export const log = { error: () => undefined };

/** The bus of a daemon that is on Redis, and what it was told. */
export class BusOnRedis {
  readonly bus: Bus;
  readonly heard: Event[] = [];
  readonly lost: (number | null)[] = [];
  readonly told: string[] = [];
  readonly faults: unknown[] = [];
  readonly exchange: Exchange;

  constructor(url: string, host: string, system: System = realSystem) {
    const bus = new Bus({ system, log });
    const { lost, told, faults } = this;
    this.bus = bus;
    this.exchange = new Exchange({
      ...{ system, url, host, pingEveryMs: 100 },
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

/** One redis-server for all tests of a suite, and the buses that each of them begins. */
export class House {
  redis!: TestRedis;
  readonly #begun: BusOnRedis[] = [];

  constructor() {
    before(async () => {
      this.redis = await TestRedis.start();
    });
    beforeEach(() => this.redis.resume());
    afterEach(async () => {
      const ended = this.#begun.splice(0);
      await Promise.all(ended.map(({ exchange }) => exchange.stop()));
      expect(ended.flatMap(({ faults }) => faults)).to.deep.equal([]);
    });
    after(() => this.redis.dispose());
  }

  begin(host: string, url = this.redis.url, system = realSystem): BusOnRedis {
    const bus = new BusOnRedis(url, host, system);
    this.#begun.push(bus);
    return bus;
  }

  pair(): Promise<[BusOnRedis, BusOnRedis]> {
    return Promise.all([this.begin('alpha').isUp(), this.begin('beta').isUp()]);
  }
}
