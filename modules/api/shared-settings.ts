/** What the configuration says to all modules alike, read from the daemon by whoever needs it. */
import { checkedMs } from '../../config/units.ts';
import type { PoolLimits } from './connection-pool.ts';
import type { Module } from './module.ts';

type Asking = Pick<Module, 'name' | 'call'>;

/** Those of an `infrastructure.yaml` that says nothing. */
export const defaultPoolLimits: PoolLimits = {
  min: 2,
  max: 10,
  waitMs: 30_000,
  idleMs: 300_000,
};

/**
 * `infrastructure.connection_pool`; the defaults where no daemon started the program. Rejects as
 * `module.call`.
 */
export async function connectionPoolLimits(module: Asking): Promise<PoolLimits> {
  if (module.name === null) return defaultPoolLimits;
  const value = (await shared(module, 'infrastructure.connection_pool')) as {
    readonly min_connections: number;
    readonly max_connections: number;
    readonly connection_timeout: number | string;
    readonly idle_timeout: number | string;
  };
  return {
    min: value.min_connections,
    max: value.max_connections,
    waitMs: checkedMs(value.connection_timeout),
    idleMs: checkedMs(value.idle_timeout),
  };
}

/** Threads at most, by the name of the pool. */
export type ThreadPoolSizes = Readonly<Record<ThreadPoolName, number>>;
export type ThreadPoolName = 'default' | 'io' | 'cpu';

export const defaultThreadPoolSizes: ThreadPoolSizes = { default: 10, io: 20, cpu: 4 };

/** `daemon.resource_allocation.thread_pools`, as `connectionPoolLimits`. */
export async function threadPoolSizes(module: Asking): Promise<ThreadPoolSizes> {
  if (module.name === null) return defaultThreadPoolSizes;
  const value = (await shared(module, 'daemon.resource_allocation.thread_pools')) as Record<
    ThreadPoolName,
    { readonly max_workers: number }
  >;
  return {
    default: value.default.max_workers,
    io: value.io.max_workers,
    cpu: value.cpu.max_workers,
  };
}

async function shared(module: Asking, path: string): Promise<unknown> {
  const { value } = (await module.call('config.get', { path })) as { value: unknown };
  return value;
}
