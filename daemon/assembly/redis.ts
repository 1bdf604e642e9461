/** The two backends in Redis, joined to the bus, the cache and whoever is told of an outage. */
import { hostname } from 'node:os';
import type { RedisStatus } from '../../rpc/shapes-redis.ts';
import type { NewAlert } from '../alerts/alert.ts';
import type { Bus } from '../bus/bus.ts';
import type { CacheStore, OnChange } from '../cache/store.ts';
import type { Log } from '../logs/daemon-log.ts';
import { RedisStore } from '../redis/cache-store.ts';
import { Exchange } from '../redis/exchange.ts';
import type { System } from '../system.ts';

export interface RedisSources {
  readonly system: System;
  readonly log: Log;
  readonly raise: (alert: NewAlert) => void;
}

const lossSaidEveryMs = 60_000;

/** Belongs to the bus from now on; nothing runs before its `start`. */
export function buildExchange(
  { system, log, raise }: RedisSources,
  url: string,
  bus: Bus,
): Exchange {
  const logLoss = lossLog(system, log);
  const tell = telling(log, raise);
  const exchange: Exchange = new Exchange({
    system,
    url,
    host: hostname(),
    receive: (event) => bus.receive({ ...event, data: event.data as null }),
    onLost: (count) => {
      logLoss(count);
      bus.tellLost(count);
    },
    onDown: () =>
      tell(down(exchange.status, 'modules of other hosts are not heard, nor do they hear ours')),
    onReturn: (lost) =>
      tell(up(exchange.status, `modules of other hosts are heard again — ${lossOf(lost)}`)),
    onFault: (doing, err) => log.error({ err: inWords(err) }, `cannot ${doing}`),
  });
  bus.attach(exchange);
  return exchange;
}

export function buildRedisStore(
  { system, log, raise }: RedisSources,
  url: string,
  onChange: OnChange,
  newFallback: () => CacheStore,
): RedisStore {
  const tell = telling(log, raise);
  const store: RedisStore = new RedisStore({
    system,
    url,
    newFallback,
    onChange,
    onDown: () =>
      tell(down(store.figures.redis, 'the cache is in the memory of this daemon for now')),
    onReturn: () =>
      tell(up(store.figures.redis, 'the cache is there again, without what has changed here')),
  });
  return store;
}

/** In the log always; two parts on one Redis are one alert. */
function telling(log: Log, raise: RedisSources['raise']): (alert: NewAlert) => void {
  return (alert) => {
    log.info(alert.message);
    raise(alert);
  };
}

/** Of a Redis that loses something all the time there is a line now and then, with the sum. */
function lossLog(system: System, log: Log): (count: number | null) => void {
  let unsaid = 0;
  let saidMs = -Infinity;
  return (count) => {
    unsaid += count ?? 0;
    if (count !== null && system.monotonicMs() - saidMs < lossSaidEveryMs) return;
    const what =
      count === null
        ? 'events of other hosts may be missing'
        : `${unsaid} events of other hosts are missing`;
    log.warn({ count }, `${what}: their subscribers were told`);
    unsaid = 0;
    saidMs = system.monotonicMs();
  };
}

function down({ address, state, why }: RedisStatus, follows: string): NewAlert {
  const message = `Redis at ${address} is ${state} (${why ?? 'no reason is known'}): ${follows}`;
  return { severity: 'warning', module: null, type: 'redis_down', message };
}

function up({ address }: RedisStatus, follows: string): NewAlert {
  const message = `Redis at ${address} answers again: ${follows}`;
  return { severity: 'warning', module: null, type: 'redis_up', message };
}

function lossOf(lost: number): string {
  const own =
    lost === 0
      ? 'they get all events of this host'
      : `${lost} events of this host did not, or perhaps not, reach them`;
  return `${own}; what they published meanwhile is missing here`;
}

/** An error of ioredis has the arguments of its command with it, such as a password. */
function inWords(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
