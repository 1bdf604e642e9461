/** What modules share through the daemon. */
import type { RedisStatus } from '../../rpc/shapes-redis.ts';
import type { NewAlert } from '../alerts/alert.ts';
import { Bus } from '../bus/bus.ts';
import { ModulePublisher } from '../bus/module-publisher.ts';
import type { Cache } from '../cache/cache.ts';
import type { Configuration } from '../configuration.ts';
import { type ShutdownStep, step } from '../ending/shutdown.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { System } from '../system.ts';
import { buildCache } from './cache.ts';
import { buildExchange } from './redis.ts';

export interface SharingSources {
  readonly system: System;
  readonly configuration: Configuration;
  readonly log: Log;
  readonly raise: (alert: NewAlert) => void;
}

export interface Sharing {
  readonly bus: Bus;
  readonly cache: Cache;
  /** Publishes what happens to modules. */
  readonly publisher: ModulePublisher;
  /** What is in Redis of it, by its name in the configuration; empty where nothing is. */
  readonly backends: () => Readonly<Record<string, RedisStatus>>;
  /** Waits for nothing. */
  readonly start: () => void;
  /** How it ends. */
  readonly steps: readonly ShutdownStep[];
}

export function buildSharing(sources: SharingSources): Sharing {
  const { backend } = sources.configuration.config.eventBus;
  const bus = new Bus(sources);
  const exchange = backend.kind === 'redis' ? buildExchange(sources, backend.url, bus) : null;
  const { cache, redis } = buildCache({ ...sources, bus });
  return {
    bus,
    cache,
    publisher: new ModulePublisher(bus.publish),
    backends: () => ({
      ...(exchange === null ? {} : { event_bus: exchange.status }),
      ...(redis === null ? {} : { cache: redis.figures.redis }),
    }),
    start: () => {
      exchange?.start();
      redis?.start();
    },
    steps: [
      step('post', 7, 'cache closed', () => cache.close()),
      step('post', 8, 'event bus closed', async () => {
        await exchange?.stop();
        bus.close();
      }),
    ],
  };
}
