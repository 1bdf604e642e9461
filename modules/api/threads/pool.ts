/**
 * One pool of threads, on piscina. That has a queue of its own, whose limit does not count tasks that
 * can be cancelled, and it replaces threads that died without a word: so it gets only as many tasks as
 * may run at once, and every end of a task is told here.
 */
import { setMaxListeners } from 'node:events';
import { isAbsolute, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MessagePort } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { type Clock, realClock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { Outcome, Task } from './entry.ts';
import { ThreadError } from './error.ts';
import { Semaphore } from './semaphore.ts';

export interface ThreadPoolOptions {
  readonly name: string;
  /** Threads at most, 1 to 1024. */
  readonly size: number;
  /** Tasks that may wait. Default: 1000. */
  readonly queuedMax?: number;
  /** After so many milliseconds without a task a thread ends. Default: 30 000. */
  readonly idleMs?: number;
  readonly log: Pick<Logger, 'error'>;
  readonly clock?: Pick<Clock, 'after'>;
}

export interface TaskOptions {
  /** Cancels it: one that runs loses its thread with it, since nothing else stops a computation. */
  readonly signal?: AbortSignal;
  /** For waiting and running together. Default: 60 000. */
  readonly timeoutMs?: number;
  /** What is handed over instead of copied. */
  readonly transfer?: readonly (ArrayBuffer | MessagePort)[];
}

export interface ThreadPoolMetrics {
  readonly size: number;
  readonly threads: number;
  readonly active: number;
  readonly queued: number;
  readonly completed: number;
  /** Everything that did not end well, those of `died` included. */
  readonly failed: number;
  readonly died: number;
}

const threadsMax = 1024;
const queuedMaxDefault = 1000;
const idleMsDefault = 30_000;
const timeoutMsDefault = 60_000;

export class ThreadPool {
  readonly #options: ThreadPoolOptions;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #semaphore: Semaphore;
  readonly #closed = new AbortController();
  readonly #ended = new AbortController();
  #whenIdle: (() => void) | null = null;
  #piscina: Promise<Piscina> | null = null;
  #threads: () => number = () => 0;
  #completed = 0;
  #failed = 0;
  #died = 0;

  /** Costs nothing before its first task: neither threads nor the library are loaded. */
  constructor(options: ThreadPoolOptions) {
    this.#options = options;
    this.#clock = options.clock ?? realClock;
    this.#semaphore = new Semaphore(
      checkedSize(options.size),
      options.queuedMax ?? queuedMaxDefault,
    );
    setMaxListeners(0, this.#closed.signal, this.#ended.signal);
  }

  /** At this moment; counts are since the pool was opened. */
  get metrics(): ThreadPoolMetrics {
    return {
      size: this.#semaphore.limit,
      threads: this.#threads(),
      active: this.#semaphore.running,
      queued: this.#semaphore.queued,
      completed: this.#completed,
      failed: this.#failed,
      died: this.#died,
    };
  }

  /** Another number of threads, from now on: fewer come about as tasks end, more as tasks come. */
  resize(size: number): void {
    this.#semaphore.limit = checkedSize(size);
  }

  /**
   * Calls the default export of a file with the data in a thread, and resolves with what it returns;
   * both are copied as `structuredClone` does. Rejects with a ThreadError.
   * @param file an absolute path or a file: URL, such as `new URL('./task.js', import.meta.url)`
   */
  async run(file: string | URL, data: unknown, options: TaskOptions = {}): Promise<unknown> {
    try {
      const value = await this.#run(urlOf(file), data, options);
      this.#completed += 1;
      return value;
    } catch (error) {
      this.#failed += 1;
      throw error;
    }
  }

  /**
   * Refuses what waits or comes, lets what runs end, and ends it with its threads at the deadline.
   * Resolves when there is no thread any more.
   */
  async close(deadlineMs = 5000): Promise<void> {
    const reason = new ThreadError('closed', `the thread pool "${this.#options.name}" was closed`);
    this.#closed.abort(reason);
    if (this.#semaphore.running > 0) {
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(deadlineMs, resolve);
        this.#whenIdle = () => {
          timer.cancel();
          resolve();
        };
      });
    }
    this.#ended.abort(reason);
    await (await this.#piscina)?.destroy();
  }

  async #run(url: string, data: unknown, options: TaskOptions): Promise<unknown> {
    const { name, queuedMax = queuedMaxDefault } = this.#options;
    if (this.#semaphore.isFull) {
      const problem = `cannot run ${url}: ${queuedMax} tasks wait for the thread pool "${name}" — give it fewer, or more threads`;
      throw new ThreadError('queue_full', problem);
    }
    const { signal, timeoutMs = timeoutMsDefault } = options;
    const stop = new AbortController();
    const onAbort = () =>
      stop.abort(new ThreadError('cancelled', `${url} was cancelled`, signal?.reason));
    const onClosed = () => stop.abort(this.#closed.signal.reason);
    const timer = this.#clock.after(timeoutMs, () => {
      const problem = `${url} was not done within ${timeoutMs / 1000} s in the thread pool "${name}"`;
      stop.abort(new ThreadError('timeout', problem));
    });
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', onAbort);
    this.#closed.signal.addEventListener('abort', onClosed);
    if (this.#closed.signal.aborted) onClosed();
    if (signal?.aborted === true) onAbort();
    try {
      await this.#semaphore.begin(stop.signal);
      // What has begun may go on until the pool's own deadline.
      this.#closed.signal.removeEventListener('abort', onClosed);
      this.#ended.signal.addEventListener('abort', onClosed);
      try {
        return await this.#inThread({ url, data }, options, stop.signal);
      } finally {
        this.#semaphore.end();
        if (this.#semaphore.running === 0) this.#whenIdle?.();
      }
    } finally {
      timer.cancel();
      signal?.removeEventListener('abort', onAbort);
      this.#closed.signal.removeEventListener('abort', onClosed);
      this.#ended.signal.removeEventListener('abort', onClosed);
    }
  }

  async #inThread(task: Task, { transfer = [] }: TaskOptions, signal: AbortSignal) {
    const { name, log } = this.#options;
    const piscina = await (this.#piscina ??= this.#start());
    let outcome: Outcome;
    try {
      signal.throwIfAborted();
      outcome = (await piscina.run(task, { signal, transferList: [...transfer] })) as Outcome;
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof Error && error.name === 'DataCloneError')
        throw new ThreadError('failed', `${task.url} cannot exchange its data: ${error.message}`);
      this.#died += 1;
      const problem = `the thread that ran ${task.url} in the pool "${name}" died: ${messageOf(error)}`;
      log.error(problem, { error });
      throw new ThreadError('died', problem, error);
    }
    if (outcome.kind === 'done') return outcome.value;
    const { kind, error } = outcome;
    const what = kind === 'failed' ? `${task.url} failed` : `cannot run ${task.url}`;
    throw new ThreadError(kind, `${what}: ${messageOf(error)}`, error);
  }

  async #start(): Promise<Piscina> {
    const { name, idleMs = idleMsDefault, log } = this.#options;
    const { Piscina } = await import('piscina');
    const piscina = new Piscina({
      name: 'default',
      filename: entry,
      minThreads: 0,
      maxThreads: threadsMax,
      idleTimeout: idleMs,
      // Otherwise an idle thread sleeps with everything that a task has left running in it.
      atomics: 'disabled',
      recordTiming: false,
    });
    this.#threads = () => piscina.threads.length;
    piscina.on('error', (error) => {
      this.#died += 1;
      log.error(`a thread of the pool "${name}" died: ${messageOf(error)}`, { error });
    });
    return piscina;
  }
}

const entry = join(import.meta.dirname, 'entry.js');

function urlOf(file: string | URL): string {
  if (file instanceof URL || file.startsWith('file:')) return String(file);
  if (isAbsolute(file)) return pathToFileURL(file).href;
  const problem = `cannot run "${file}": it is neither an absolute path nor a file: URL — use new URL('./task.js', import.meta.url)`;
  throw new ThreadError('not_loaded', problem);
}

function checkedSize(size: number): number {
  if (Number.isInteger(size) && size >= 1 && size <= threadsMax) return size;
  throw new RangeError(`a thread pool has 1 to ${threadsMax} threads, not ${size}`);
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message : error;
  // Of a DOMException, which is what a result that cannot be copied leads to, nothing is left, or an
  // error without a message since Node 24.
  if (typeof message === 'string' && message !== '') return message;
  return 'of an error that cannot be copied: can its result be?';
}
