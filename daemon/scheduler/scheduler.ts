/**
 * The schedule: one timer for whatever is due next, and never later than a minute from now, so that a
 * clock that was set and a machine that slept are noticed.
 */
import { setMaxListeners } from 'node:events';
import type { ScheduleConfig } from '../../config/resolve-schedule.ts';
import { windowModule } from '../../config/window-jobs.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { ScheduledJob } from '../../rpc/shapes-schedule.ts';
import type { Part } from '../part.ts';
import type { Timer } from '../system.ts';
import type { ScheduleContext } from './context.ts';
import { Job } from './job.ts';
import type { JobMemory, ScheduleMemory } from './memory.ts';
import { TradingHours } from './trading-hours.ts';

const tickMsMax = 60_000;

export class Scheduler implements Part {
  readonly #context: ScheduleContext;
  readonly #known: ScheduleMemory;
  readonly #hours: TradingHours;
  readonly #jobs = new Map<string, Job>();
  /** No longer configured, and still running. */
  readonly #dropped = new Map<string, Job>();
  readonly #stopped = new AbortController();
  #isPrepared = false;
  #isStarted = false;
  #timer: Timer | null = null;
  #lastLookMs: number;

  /** @param known what the last daemon has stored */
  constructor(known: ScheduleMemory, context: ScheduleContext) {
    this.#context = context;
    this.#known = known;
    // As many jobs as run at the same time listen to it.
    setMaxListeners(0, this.#stopped.signal);
    this.#lastLookMs = context.system.now();
    this.#hours = new TradingHours(known, context);
  }

  /** From now on modules that begin go by what the trading window says. No job runs yet. */
  prepare(config: ScheduleConfig): void {
    this.#setUp(config, new Map(Object.entries(this.#known.jobs)));
    this.#isPrepared = true;
  }

  start(): Promise<void> {
    if (!this.#isStarted) {
      this.#isStarted = true;
      for (const job of this.#jobs.values()) job.resume();
      this.#arm(0);
    }
    return Promise.resolve();
  }

  /** What a job has called goes on; nobody waits for it any more. */
  stop(): Promise<void> {
    this.#stopped.abort(new Error('the daemon ends'));
    this.#timer?.cancel();
    return Promise.resolve();
  }

  /** Another schedule is in force at once; a job that is still in it keeps what it knows. */
  configure(config: ScheduleConfig): void {
    for (const [name, job] of [...this.#jobs]) {
      if (config.jobs.has(name)) continue;
      this.#jobs.delete(name);
      this.#dropped.set(name, job);
      job.drop(() => this.#dropped.delete(name));
    }
    this.#setUp(config, new Map());
    this.#look();
  }

  /** For `state.json`. */
  get memory(): ScheduleMemory {
    if (!this.#isPrepared) return this.#known;
    const { jobs: edges, hours } = this.#hours.memory;
    const jobs = [...this.#jobs.values()].map(({ name, memory }) => [name, memory] as const);
    return { jobs: { ...edges, ...Object.fromEntries(jobs) }, hours };
  }

  /** Whether the schedule may start the module. */
  isScheduled(module: string): boolean {
    if (module === windowModule && this.#hours.isThere) return true;
    return [...this.#jobs.values()].some(({ starts }) => starts === module);
  }

  list(): ScheduledJob[] {
    return [...this.#hours.rows(), ...[...this.#jobs.values()].map((job) => job.row())];
  }

  /** Runs it now, whether it is paused or not. Resolves when that it runs is stored. */
  run(name: string): Promise<ScheduledJob> {
    return this.#do(name, {
      edge: (edge) => this.#hours.run(edge),
      job: (job) => job.run(),
    });
  }

  pause(name: string): Promise<ScheduledJob> {
    return this.#do(name, {
      edge: (edge) => this.#hours.pause(edge),
      job: (job) => job.pause(),
    });
  }

  resume(name: string): Promise<ScheduledJob> {
    return this.#do(name, {
      edge: (edge) => this.#hours.resume(edge),
      job: (job) => job.resumeAfterPause(),
    });
  }

  async #do(
    name: string,
    act: { edge: (edge: 'opens' | 'closes') => void; job: (job: Job) => Promise<void> },
  ): Promise<ScheduledJob> {
    if (this.#stopped.signal.aborted) {
      const why = 'the daemon is stopping — start it again first';
      throw new RpcError('refused', why, { reason: 'stopping' });
    }
    const edge = this.#hours.edgeOf(name);
    const job = this.#jobs.get(name);
    if (edge !== null) {
      act.edge(edge);
      await this.#context.save();
    } else if (job) await act.job(job);
    else throw this.#unknown(name);
    this.#look();
    return edge === null && job ? job.row() : this.#hours.row(edge ?? 'opens');
  }

  #unknown(name: string): RpcError {
    const known =
      this.list()
        .map(({ job }) => job)
        .join(', ') || 'none';
    const asked = name.length > 100 ? `${name.slice(0, 100)}…` : name;
    const why = `there is no job "${asked}" — configured: ${known}`;
    return new RpcError('notFound', why, { job: asked });
  }

  #setUp(config: ScheduleConfig, known: ReadonlyMap<string, JobMemory>): void {
    this.#hours.configure(config);
    for (const [name, job] of config.jobs) {
      const present = this.#jobs.get(name);
      const dropped = this.#dropped.get(name);
      if (present) present.configure(job);
      else if (dropped) {
        // A second one beside it would not know that it runs, nor whether it is paused.
        dropped.takeBack(job);
        this.#dropped.delete(name);
        this.#jobs.set(name, dropped);
      } else {
        const memory = known.get(name) ?? null;
        this.#jobs.set(name, new Job(name, job, memory, this.#context, this.#stopped.signal));
      }
    }
  }

  #look(): void {
    if (!this.#isStarted || this.#stopped.signal.aborted) return;
    const nowMs = this.#context.system.now();
    const isSetBack = nowMs < this.#lastLookMs;
    if (nowMs < this.#lastLookMs - tickMsMax) this.#tellSetBack(nowMs);
    this.#lastLookMs = nowMs;
    this.#guarded('hours', () => this.#hours.look(nowMs));
    let dueMs = Math.min(nowMs + tickMsMax, this.#hours.nextMs ?? Infinity);
    for (const job of this.#jobs.values()) {
      this.#guarded(job.name, () => {
        if (isSetBack) job.clockSetBack(nowMs);
        job.look(nowMs);
      });
      dueMs = Math.min(dueMs, job.nextMs ?? Infinity);
    }
    this.#arm(Math.max(1, dueMs - nowMs));
  }

  #tellSetBack(nowMs: number): void {
    const [from, to] = [this.#lastLookMs, nowMs].map((atMs) => new Date(atMs).toISOString());
    const text = 'the clock was set back: what jobs have run by it they do not run again';
    this.#context.log.warn({ from, to }, `${text} — schedule list tells when they are due`);
  }

  /** One that goes wrong disturbs no other. */
  #guarded(job: string, look: () => void): void {
    try {
      look();
    } catch (err) {
      this.#context.log.error({ job, err }, 'cannot look at a job');
    }
  }

  #arm(delayMs: number): void {
    this.#timer?.cancel();
    this.#timer = this.#context.system.after(delayMs, () => this.#look());
  }
}
