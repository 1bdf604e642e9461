import type { BackendConfig, Config } from './effective.ts';
import type { InfrastructureDocument } from './infrastructure-schema.ts';
import { checkedMs } from './units.ts';

/** What modules share, as the daemon works with it. */
export function infrastructureConfig({
  infrastructure,
}: InfrastructureDocument): Pick<Config, 'eventBus' | 'cache' | 'database'> {
  const { event_bus: bus, cache, database } = infrastructure;
  return {
    eventBus: { backend: backendConfig(bus) },
    cache: {
      backend: backendConfig(cache),
      defaultTtlMs: checkedMs(cache.default_ttl),
      entriesMax: cache.max_size,
    },
    database: { url: database.url },
  };
}

function backendConfig({ backend, url }: Backend): BackendConfig {
  // The schema has seen to it that Redis has a URL.
  return backend === 'redis' && url !== null ? { kind: 'redis', url } : { kind: 'memory' };
}

type Backend = Pick<InfrastructureDocument['infrastructure']['event_bus'], 'backend' | 'url'>;
