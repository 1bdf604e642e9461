/**
 * Runs the collectors: each in a task of its own, so that none waits for another, or falls with it.
 * One that crashes is started again after a while, and given up after the sixth crash; the others
 * notice nothing.
 */
import { type Clock, pauseUntil } from '../../api/clock.ts';
import type { Logger } from '../../api/log.ts';
import type { TradeListenerHealth } from '../trades/health.ts';
import { healthLines, type WorkersHealth } from './health.ts';
import { type CollectorStats, poll, type Polling } from './polling.ts';
import { afterCrash, restartsMax } from './restarts.ts';
import { nextCycleMs } from './schedule.ts';
import { type Crash, Task } from './task.ts';

export interface Listener {
  /** Until it is stopped; rejects when it is broken. */
  run(): Promise<void>;
  /** Stores what it has taken before it resolves. */
  stop(deadlineMs: number): Promise<void>;
  collectOnce(signal: AbortSignal): Promise<number>;
  readonly health: TradeListenerHealth;
}

export interface WorkersOptions {
  readonly polling: readonly Polling[];
  /** A fresh one for each run: what has crashed may have broken its queue, or its connections. */
  readonly newListener: () => Listener;
  readonly healthLogIntervalMs: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** One is given up, and nothing of it is collected any more. Called once for each. */
  readonly onGivenUp: (name: string, error: unknown) => void;
}

/** What a cycle that was broken off may take to end. */
const endMs = 10_000;

export class Workers {
  readonly #options: WorkersOptions;
  readonly #stop = new AbortController();
  readonly #tasks: readonly Task[];
  readonly #loopErrors = new Map<string, { count: number; last: string }>();
  readonly #crashes: Crash[] = [];
  readonly #restarts = new Set<Promise<void>>();
  #wakeMonitor: (() => void) | null = null;
  #listener: Listener;
  #startedMs: number | null = null;
  #stopping: Promise<void> | null = null;

  constructor(options: WorkersOptions) {
    const { polling, newListener, clock, log } = options;
    this.#options = options;
    this.#listener = newListener();
    const { signal } = this.#stop;
    const onCrash = (crash: Crash): void => this.#crashed(crash);
    const task = (name: string, begin: (until: AbortSignal) => Promise<void>): Task =>
      new Task({ name, begin, clock, signal, onCrash });
    this.#tasks = [
      ...polling.map((one) =>
        task(one.name, (until) => {
          const onError = (error: unknown): void => this.#failed(one.name, error);
          return poll(one, { clock, log, onError }, until);
        }),
      ),
      task('trades', () => this.#listen()),
      task('_monitor', (until) => this.#monitor(until)),
      task('_health', (until) => this.#logHealth(until)),
    ];
  }

  /** Once. All begin at the same time. */
  start(): void {
    const { clock, log } = this.#options;
    if (this.#startedMs !== null || this.#stop.signal.aborted) return;
    this.#startedMs = clock.monotonicMs();
    for (const task of this.#tasks) task.start();
    log.info(`Daemon started with ${this.#tasks.length} tasks`);
  }

  /**
   * Ends all, and waits for the trade listener to store what it has. Resolves when everything has
   * ended, or the time is over. Without a start, or again, it changes nothing.
   */
  stop(deadlineMs: number = endMs): Promise<void> {
    if (this.#startedMs === null) this.#stop.abort();
    else this.#stopping ??= this.#end(deadlineMs);
    return this.#stopping ?? Promise.resolve();
  }

  /** One cycle now, beside the schedule; null when there is no such collector. */
  async collect(name: string, signal: AbortSignal): Promise<number | null> {
    if (name === 'trades') return this.#listener.collectOnce(signal);
    const one = this.#options.polling.find((polling) => polling.name === name);
    return one === undefined ? null : one.collector.collectOnce(signal);
  }

  get names(): readonly string[] {
    return [...this.#options.polling.map(({ name }) => name), 'trades'];
  }

  getHealth(): WorkersHealth {
    const { clock, polling } = this.#options;
    const states = this.#tasks.map(({ state }) => state);
    const startedMs = this.#startedMs ?? clock.monotonicMs();
    return {
      uptime_seconds: Math.floor((clock.monotonicMs() - startedMs) / 1000),
      tasks_alive: states.filter((state) => state === 'alive').length,
      tasks_dead: states.filter((state) => state === 'dead' || state === 'restarting').length,
      total_restarts: this.#tasks.reduce((total, { restartsTotal }) => total + restartsTotal, 0),
      tasks: Object.fromEntries(
        this.#tasks.map(({ name, state, restartsTotal: restarts }) => [name, { state, restarts }]),
      ),
      collectors: Object.fromEntries(polling.map((one) => [one.name, this.#statsOf(one)])),
      trade_listener: { ...this.#listener.health },
    };
  }

  async #listen(): Promise<void> {
    // The first was made with the rest, so that there always is one to ask.
    if (this.#listener.health.started_at !== null) this.#listener = this.#options.newListener();
    await this.#listener.run();
  }

  async #end(deadlineMs: number): Promise<void> {
    const { clock, log } = this.#options;
    log.info('Daemon shutting down...');
    this.#stop.abort();
    const over = new AbortController();
    const ended = Promise.all([
      this.#listener.stop(deadlineMs),
      ...this.#tasks.map((task) => task.ended()),
      ...this.#restarts,
    ]);
    await Promise.race([ended, pauseUntil(clock, deadlineMs, over.signal)]);
    over.abort();
    const late = this.#tasks.filter(({ state }) => state === 'alive').map(({ name }) => name);
    if (late.length > 0) log.warn('not all collectors have ended in time', { late });
    log.info('Daemon stopped');
  }

  #crashed(crash: Crash): void {
    const { task, error } = crash;
    this.#options.log.error(`Task '${task.name}' crashed`, { error });
    // Nobody watches the watchman, and without him nobody is started again.
    if (!this.#isWatched(task)) return;
    task.becomes('restarting');
    this.#crashes.push(crash);
    this.#wakeMonitor?.();
  }

  /** Decides about each crash as it comes. The delays run beside one another. */
  async #monitor(signal: AbortSignal): Promise<void> {
    const isOver = () => signal.aborted;
    signal.addEventListener('abort', () => this.#wakeMonitor?.(), { once: true });
    while (!isOver()) {
      const crash = this.#crashes.shift();
      if (crash === undefined) {
        await new Promise<void>((resolve) => (this.#wakeMonitor = resolve));
        continue;
      }
      const { task, error, ranForMs } = crash;
      const next = afterCrash(task.restartsInARow, ranForMs);
      if (next.kind === 'give_up') {
        this.#giveUp(task, error);
        continue;
      }
      const { attempt, delayMs } = next;
      const when = `in ${delayMs / 1000}s (attempt ${attempt}/${restartsMax})`;
      this.#options.log.warn(`Restarting '${task.name}' ${when}`);
      const restart = this.#restart(task, attempt, delayMs, signal).finally(() =>
        this.#restarts.delete(restart),
      );
      this.#restarts.add(restart);
    }
  }

  async #restart(task: Task, attempt: number, delayMs: number, signal: AbortSignal): Promise<void> {
    await pauseUntil(this.#options.clock, delayMs, signal);
    if (!signal.aborted) task.restart(attempt);
  }

  #giveUp(task: Task, error: unknown): void {
    const { log, onGivenUp } = this.#options;
    task.becomes('dead');
    const critical = { severity: 'critical', error };
    log.error(`'${task.name}' exceeded max restarts (${restartsMax}), giving up`, critical);
    try {
      onGivenUp(task.name, error);
    } catch (failure) {
      log.error('nobody could be told that a collector was given up', { error: failure });
    }
  }

  #isWatched({ name }: Task): boolean {
    const monitor = this.#tasks.find((task) => task.name === '_monitor');
    return !name.startsWith('_') && monitor?.state === 'alive';
  }

  async #logHealth(signal: AbortSignal): Promise<void> {
    const { clock, log, healthLogIntervalMs } = this.#options;
    const startMs = clock.monotonicMs();
    const isOver = () => signal.aborted;
    while (!isOver()) {
      const nowMs = clock.monotonicMs();
      await pauseUntil(clock, nextCycleMs(startMs, healthLogIntervalMs, nowMs) - nowMs, signal);
      if (isOver()) return;
      for (const line of healthLines(this.getHealth())) log.info(line);
    }
  }

  #failed(name: string, error: unknown): void {
    const last = error instanceof Error ? error.message : String(error);
    this.#loopErrors.set(name, { count: (this.#loopErrors.get(name)?.count ?? 0) + 1, last });
  }

  /** What a collector counts itself, and what escaped it. */
  #statsOf({ name, collector }: Polling): CollectorStats {
    const escaped = this.#loopErrors.get(name);
    const { error_count, last_error, ...stats } = collector.stats;
    return {
      ...stats,
      error_count: error_count + (escaped?.count ?? 0),
      last_error: last_error ?? escaped?.last ?? null,
    };
  }
}
