/** The cache, joined to its backend, the bus and the alerts. */
import type { NewAlert } from '../alerts/alert.ts';
import type { Bus } from '../bus/bus.ts';
import { bytesMax, Cache } from '../cache/cache.ts';
import { hitRateTarget, type Verdict } from '../cache/hit-rate.ts';
import { MemoryStore } from '../cache/memory-store.ts';
import type { Configuration } from '../configuration.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { RedisStore } from '../redis/cache-store.ts';
import type { System } from '../system.ts';
import { buildRedisStore } from './redis.ts';

export interface CacheSources {
  readonly system: System;
  readonly configuration: Configuration;
  readonly bus: Bus;
  readonly log: Log;
  readonly raise: (alert: NewAlert) => void;
}

/** Also its backend in Redis, which is to be started; null where it is in memory. */
export function buildCache(sources: CacheSources): {
  readonly cache: Cache;
  readonly redis: RedisStore | null;
} {
  const { system, configuration, bus, log, raise } = sources;
  const config = () => configuration.config.cache;
  const limits = () => ({ entriesMax: config().entriesMax, bytesMax });
  const inMemory = () => new MemoryStore({ system, limits });
  const { backend } = config();
  let redis: RedisStore | null = null;
  const cache = new Cache({
    store: (onChange) => {
      if (backend.kind === 'memory') return inMemory();
      return (redis = buildRedisStore(sources, backend.url, onChange, inMemory));
    },
    defaultTtlMs: () => config().defaultTtlMs,
    publish: (topic, { keys }) => bus.publish(topic, { keys }),
    onVerdict: (verdict) => tell(verdict, raise, log),
  });
  return { cache, redis };
}

function tell({ kind, rate }: Verdict, raise: CacheSources['raise'], log: Log): void {
  const percent = Math.floor(rate * 100);
  if (kind === 'recovered') {
    log.info({ hit_rate: rate }, `the hit rate of the cache is well again: ${percent} %`);
    return;
  }
  raise({
    severity: 'warning',
    module: null,
    type: 'cache_hit_rate',
    message: `the hit rate of the cache is ${percent} %, ${hitRateTarget * 100} % are the aim — keep values longer (ttl); if cache.stats shows evictions, raise infrastructure.cache.max_size`,
  });
}
