/** What there is to measure of Redis; nothing where nothing is in it. Pure. */
import type { ExchangeStats, RedisStatus } from '../../rpc/shapes-redis.ts';
import type { MetricFamilies, MetricFamily } from '../../rpc/shapes-resources.ts';

/** @param backends by what is in Redis: `event_bus`, `cache` */
export function redisMetrics(
  backends: Readonly<Record<string, RedisStatus>>,
  exchange: ExchangeStats | null,
): MetricFamilies {
  const each = (help: string, value: (status: RedisStatus) => number | null): MetricFamily => ({
    type: 'gauge',
    help,
    values: Object.entries(backends).flatMap(([use, status]) => {
      const found = value(status);
      return found === null ? [] : [{ labels: { use }, value: found }];
    }),
  });
  if (Object.keys(backends).length === 0) return {};
  return {
    superbot_redis_up: each('1 while Redis serves what is in it', ({ state }) =>
      state === 'up' ? 1 : 0,
    ),
    superbot_redis_latency_seconds: each('of the last ping', ({ latency_ms: ms }) =>
      ms === null ? null : Math.round(ms * 1000) / 1_000_000,
    ),
    ...(exchange === null ? {} : exchangeMetrics(exchange)),
  };
}

function exchangeMetrics(stats: ExchangeStats): MetricFamilies {
  const one = (type: MetricFamily['type'], help: string, value: number): MetricFamily => ({
    ...{ type, help },
    values: [{ labels: {}, value }],
  });
  const { sent, received, waiting, dropped, unanswered, missed, ignored } = stats;
  return {
    superbot_exchange_sent_total: one('counter', 'events of this daemon, to Redis', sent),
    superbot_exchange_received_total: one('counter', 'events of other daemons', received),
    superbot_exchange_waiting: one('gauge', 'events that wait for Redis', waiting),
    superbot_exchange_dropped_total: one('counter', 'events that waited too long', dropped),
    superbot_exchange_unanswered_total: one(
      'counter',
      'events under way when a connection broke',
      unanswered,
    ),
    superbot_exchange_missed_total: one(
      'counter',
      'events of other daemons that are known to be missing',
      missed,
    ),
    superbot_exchange_ignored_total: one(
      'counter',
      'messages that came twice or that no daemon has sent',
      ignored,
    ),
  };
}
