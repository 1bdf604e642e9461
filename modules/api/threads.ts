/**
 * Thread pools for modules, as `superbot/threads`: what would hold up the event loop for longer than
 * some 50 ms belongs into one.
 */
import { log } from './log.ts';
import type { Module } from './module.ts';
import { threadPoolSizes, type ThreadPoolName, type ThreadPoolSizes } from './shared-settings.ts';
import { ThreadPool, type ThreadPoolOptions, type ThreadPoolMetrics } from './threads/pool.ts';

export { ThreadError, type ThreadErrorKind } from './threads/error.ts';
export type { TaskOptions, ThreadPool, ThreadPoolMetrics } from './threads/pool.ts';
export type { ThreadPoolName, ThreadPoolSizes } from './shared-settings.ts';

/**
 * The pools with the sizes of `daemon.resource_allocation.thread_pools`, which are of each module by
 * itself. Rejects as `module.call`.
 */
export async function openThreads(module: Pick<Module, 'name' | 'call'>): Promise<Threads> {
  return new Threads(await threadPoolSizes(module));
}

/** The pools of a module, each of which costs nothing before its first task. */
export class Threads {
  readonly #pools: Readonly<Record<ThreadPoolName, ThreadPool>>;

  constructor(
    sizes: ThreadPoolSizes,
    options: Pick<ThreadPoolOptions, 'queuedMax' | 'idleMs'> = {},
  ) {
    const make = (name: ThreadPoolName) =>
      new ThreadPool({ name, size: sizes[name], log, ...options });
    this.#pools = { default: make('default'), io: make('io'), cpu: make('cpu') };
  }

  /** `cpu` for what computes, `io` for what waits without a promise, `default` for the rest. */
  pool(name: ThreadPoolName = 'default'): ThreadPool {
    return this.#pools[name];
  }

  /** By pool, for a module's health or its own metrics. */
  get metrics(): Readonly<Record<ThreadPoolName, ThreadPoolMetrics>> {
    const { default: rest, io, cpu } = this.#pools;
    return { default: rest.metrics, io: io.metrics, cpu: cpu.metrics };
  }

  /** Closes each as `ThreadPool.close`. */
  async close(deadlineMs?: number): Promise<void> {
    await Promise.all(Object.values(this.#pools).map((pool) => pool.close(deadlineMs)));
  }
}
