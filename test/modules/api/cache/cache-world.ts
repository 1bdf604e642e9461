// A module's half of the cache on a real link to a real server with the real cache and bus behind it.
import { Subscriptions } from '../../../../daemon/api/subscriptions.ts';
import { Bus } from '../../../../daemon/bus/bus.ts';
import { Cache } from '../../../../daemon/cache/cache.ts';
import { MemoryStore } from '../../../../daemon/cache/memory-store.ts';
import { cacheMethods } from '../../../../daemon/methods/cache.ts';
import { eventMethods } from '../../../../daemon/methods/events.ts';
import { realSystem } from '../../../../daemon/system.ts';
import { ModuleCache } from '../../../../modules/api/cache.ts';
import { readEnvironment } from '../../../../modules/api/link/environment.ts';
import { Link } from '../../../../modules/api/link.ts';
import { createLogger } from '../../../../modules/api/log.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { until } from '../../../support/until.ts';
import { TestDaemon } from '../daemon.ts';

export const near = { nearSeconds: 60 };

export interface Joined {
  readonly cache: ModuleCache;
  readonly link: Link;
}

export class CacheWorld {
  readonly daemon: TestDaemon;
  readonly clock = new FakeClock();
  readonly bus = new Bus({ system: realSystem, log: { error: () => undefined } as never });
  /** The daemon's. */
  readonly shared: Cache;
  /** What the daemon was asked, in order. */
  readonly asked: string[] = [];
  readonly logged: string[] = [];
  readonly #joined: Joined[] = [];

  static async create(): Promise<CacheWorld> {
    const world = new CacheWorld(await TestDaemon.create());
    await world.daemon.start();
    return world;
  }

  constructor(daemon: TestDaemon) {
    this.daemon = daemon;
    const limits = { entriesMax: 1000, bytesMax: 64 * 1024 * 1024 };
    this.shared = new Cache({
      store: () => new MemoryStore({ system: this.clock, limits: () => limits }),
      defaultTtlMs: () => 1000,
      publish: (topic, { keys }) => this.bus.publish(topic, { keys }),
      onVerdict: () => undefined,
    });
    const handlers = cacheMethods(this.shared);
    daemon.handlers = {
      ...eventMethods(this.bus, new Subscriptions()),
      ...handlers,
      'cache.get': (params, ...rest) => {
        this.asked.push(`get ${params.key}`);
        return handlers['cache.get'](params, ...rest);
      },
      'cache.set': (params, ...rest) => {
        this.asked.push(`set ${params.key}`);
        return handlers['cache.set'](params, ...rest);
      },
    };
  }

  /** A module, as `connectModule` makes it. */
  join(): Joined {
    const log = createLogger((line) => this.logged.push(line));
    const environment = readEnvironment(this.daemon.env);
    if (environment.kind !== 'supervised') throw new Error('expected a supervised environment');
    const link: Link = new Link({
      environment: environment.link,
      methods: new Map(),
      daemonMethods: new Map(),
      onUp: (peer) => cache.connected(peer),
      onNotification: (method, params) => cache.take(method, params),
      log,
    });
    const cache = new ModuleCache({
      call: (...call) => link.call(...call),
      isUp: () => link.isUp,
      clock: this.clock,
      log,
    });
    link.start();
    this.#joined.push({ cache, link });
    return { cache, link };
  }

  /** From now on what it reads near is kept. */
  async hearsOfChanges({ cache, link }: Joined): Promise<void> {
    await cache.get('x', near);
    await until('it hears of changes', () => this.bus.stats().subscribers === 1);
    await link.call('module.list');
  }

  async goesAway({ link }: Joined): Promise<void> {
    await this.daemon.stop();
    await until('the link is gone', () => !link.isUp);
  }

  /** How often it was said that the cache does not answer. */
  get warningCount(): number {
    return this.logged.filter((line) => line.includes('cache of the daemon does not answer'))
      .length;
  }

  async remove(): Promise<void> {
    for (const { link } of this.#joined) await link.close();
    await this.daemon.remove();
  }
}
