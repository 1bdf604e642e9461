/** What there is to measure, as metrics under the names that Prometheus' conventions ask for. Pure. */
import type { MetricFamilies, MetricFamily, SystemUsage } from '../../rpc/shapes-resources.ts';
import type { CacheStats } from '../../rpc/shapes-cache.ts';
import type { HealthReport, ModuleHealthRow } from '../../rpc/shapes-health.ts';
import type { ExchangeStats } from '../../rpc/shapes-redis.ts';
import type { ModuleStatus } from '../../rpc/shapes.ts';
import { redisMetrics } from './redis-metrics.ts';
import type { Sample } from './sampler.ts';

export interface LagFigures {
  readonly maxMs: number | null;
  readonly p99Ms: number | null;
}

export interface Measured {
  readonly version: string;
  /** Seconds. */
  readonly uptime: number;
  readonly lag: LagFigures | null;
  readonly cache: CacheStats;
  /** With other daemons; null without Redis. */
  readonly exchange: ExchangeStats | null;
  readonly statuses: readonly ModuleStatus[];
  readonly health: HealthReport;
  readonly sample: Sample;
}

/** What is not known has no value: a 0 would be believed. */
export function metricsOf({
  version,
  uptime,
  lag,
  cache,
  exchange,
  statuses,
  health,
  sample,
}: Measured): MetricFamilies {
  const { daemon, system, modules } = sample;
  const seconds = (ms: number | null = null) => (ms === null ? null : rounded(ms / 1000));
  const one = (type: MetricFamily['type'], help: string, value: number | null) =>
    family(type, help, [[{}, value]]);
  const each = (
    type: MetricFamily['type'],
    help: string,
    value: (status: ModuleStatus) => number | null,
  ) => family(type, help, valuesOf(statuses, value));
  const used = (status: ModuleStatus) => modules.get(status.module);
  return {
    superbot_build_info: family('gauge', 'the version of the daemon, always 1', [[{ version }, 1]]),
    superbot_uptime_seconds: one('gauge', 'since the daemon started', rounded(uptime)),
    superbot_event_loop_lag_seconds: one(
      'gauge',
      'the longest that anything had to wait for the event loop of the daemon of late',
      seconds(lag?.maxMs),
    ),
    superbot_event_loop_lag_p99_seconds: one(
      'gauge',
      'the same of all but one in a hundred looks',
      seconds(lag?.p99Ms),
    ),
    superbot_cpu_percent: one('gauge', 'daemon and keeper, of one core', daemon.cpu_percent),
    superbot_memory_bytes: one('gauge', 'daemon and keeper', daemon.memory_bytes),
    superbot_module_up: each('gauge', '1 when the module runs and is ready', ({ state }) =>
      state === 'running' ? 1 : 0,
    ),
    superbot_module_state: family(
      'gauge',
      '1 for the state that the module is in',
      statuses.map(({ module, state }) => [{ module, state }, 1]),
    ),
    superbot_module_health: family(
      'gauge',
      '1 for the health that was found last',
      statuses.map(({ module, health }) => [{ module, health }, 1]),
    ),
    superbot_module_restarts_total: each(
      'counter',
      'restarts by the policy since an operator started it, or since it ran for long',
      (status) => status.restart_count,
    ),
    superbot_module_uptime_seconds: each(
      'gauge',
      'since its process started',
      ({ uptime: seconds }) => (seconds === null ? null : rounded(seconds)),
    ),
    superbot_module_cpu_percent: each(
      'gauge',
      'its process tree, of one core',
      (status) => used(status)?.cpu_percent ?? null,
    ),
    superbot_module_memory_bytes: each(
      'gauge',
      'its process tree',
      (status) => used(status)?.memory_bytes ?? null,
    ),
    superbot_module_threads: each(
      'gauge',
      'its process tree',
      (status) => used(status)?.threads ?? null,
    ),
    superbot_module_processes: each(
      'gauge',
      'its process tree',
      (status) => used(status)?.processes ?? null,
    ),
    ...cacheMetrics(cache),
    ...redisMetrics(health.backends, exchange),
    ...machineMetrics(system),
    ...toldByModules(health),
  };
}

/** What modules say of themselves when they are asked for their health. */
function toldByModules({ modules }: HealthReport): MetricFamilies {
  const each = (help: string, value: (details: Details) => unknown) =>
    family(
      'gauge',
      help,
      Object.entries(modules).map(([module, { details }]) => {
        const told = details && value(details);
        return [{ module }, typeof told === 'number' ? told : null];
      }),
    );
  return {
    superbot_module_event_loop_lag_seconds: each(
      'the longest that anything had to wait for the event loop of the module of late',
      ({ details }) => {
        const ms = ownNumber(details, 'loop_lag_ms');
        return ms === null ? null : rounded(ms / 1000);
      },
    ),
    superbot_module_queue_depth: each('as the module says', (details) => details.queue_depth),
    superbot_module_error_count: each('as the module says', (details) => details.error_count),
  };
}

type Details = NonNullable<ModuleHealthRow['details']>;

function ownNumber(value: unknown, key: string): number | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return null;
  const found = (value as Record<string, unknown>)[key];
  return typeof found === 'number' ? found : null;
}

function cacheMetrics(cache: CacheStats): MetricFamilies {
  const one = (type: MetricFamily['type'], help: string, value: number | null) =>
    family(type, help, [[{}, value]]);
  const { hits, misses, evictions, entries, bytes } = cache;
  // Before the first request there is no rate.
  const hitRate = hits + misses === 0 ? null : cache.hit_rate;
  return {
    superbot_cache_hits_total: one('counter', 'values that were there', hits),
    superbot_cache_misses_total: one('counter', 'values that were not', misses),
    superbot_cache_hit_rate: one('gauge', 'hits of all requests, 0 to 1', hitRate),
    superbot_cache_evictions_total: one('counter', 'dropped alive for want of room', evictions),
    superbot_cache_entries: one('gauge', 'values in it', entries),
    superbot_cache_bytes: one('gauge', 'keys and values', bytes),
  };
}

function machineMetrics(system: SystemUsage): MetricFamilies {
  const minutes = ['1', '5', '15'];
  const one = (type: MetricFamily['type'], help: string, value: number | null) =>
    family(type, help, [[{}, value]]);
  return {
    superbot_system_cpu_percent: one('gauge', 'of the whole machine', system.cpu_percent),
    superbot_system_memory_bytes: one('gauge', 'in use', system.memory_bytes),
    superbot_system_memory_percent: one('gauge', 'in use', system.memory_percent),
    superbot_system_load: family(
      'gauge',
      'load average',
      (system.load ?? []).map((load, index) => [{ minutes: minutes[index] ?? '' }, load]),
    ),
    superbot_system_disk_percent: one(
      'gauge',
      'in use of the file system that holds the home',
      system.disk_percent,
    ),
    superbot_system_network_sent_bytes_total: one(
      'counter',
      'since boot, but for loopback',
      system.network_sent_bytes,
    ),
    superbot_system_network_recv_bytes_total: one(
      'counter',
      'since boot, but for loopback',
      system.network_recv_bytes,
    ),
  };
}

/** To the millisecond. */
function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}

type Labelled = readonly [labels: Record<string, string>, value: number | null];

function valuesOf(
  statuses: readonly ModuleStatus[],
  value: (status: ModuleStatus) => number | null,
): Labelled[] {
  return statuses.map((status) => [{ module: status.module }, value(status)]);
}

function family(
  type: MetricFamily['type'],
  help: string,
  values: readonly Labelled[],
): MetricFamily {
  const known = values.flatMap(([labels, value]) => (value === null ? [] : [{ labels, value }]));
  return { type, help, values: known };
}
