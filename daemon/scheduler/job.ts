/**
 * One job: what falls due is run, one run at a time. That it is due is settled on the disk before it
 * is run, so that a daemon killed at any moment never runs it twice for the same instant.
 */
import { isDeepStrictEqual } from 'node:util';
import type { JobConfig } from '../../config/resolve-schedule.ts';
import { RpcError } from '../../rpc/errors.ts';
import type { JobResult, ScheduledJob } from '../../rpc/shapes-schedule.ts';
import type { EventData, ScheduleContext, Trigger } from './context.ts';
import { type JobSpec, jobSpecOf } from './job-spec.ts';
import { iso, type JobMemory, jobMemoryFor, rememberedOf, settledOf } from './memory.ts';
import { onTimeMs } from './missed-runs.ts';
import { outcomeOf, outcomeOfAdopted } from './outcome.ts';
import { afterSetBack, dueAfter, nextDue, passBy, type Settled, takeDue } from './settled.ts';
import { nextShownMax, specInWords } from './spec-in-words.ts';

interface Due {
  readonly atMs: number;
  readonly trigger: Trigger;
}

export class Job {
  readonly name: string;
  /** When it is due next; null when it never is, and while it is paused. */
  nextMs: number | null = null;
  readonly #context: ScheduleContext;
  readonly #stopped: AbortSignal;
  #config: JobConfig;
  #spec: JobSpec;
  #memory: JobMemory;
  /** What is in there was run, has passed by, or waits in the backlog. */
  #settled: Settled;
  #backlog: Due[] = [];
  #isRunning = false;
  /** Set while it is no longer configured. */
  #onGone: (() => void) | null = null;

  constructor(
    name: string,
    config: JobConfig,
    known: JobMemory | null,
    context: ScheduleContext,
    stopped: AbortSignal,
  ) {
    this.name = name;
    this.#context = context;
    this.#stopped = stopped;
    this.#config = config;
    this.#spec = jobSpecOf(config);
    const nowMs = context.system.now();
    this.#memory = jobMemoryFor(specText(config), known, nowMs);
    this.#settled = settledOf(this.#memory);
    this.clockSetBack(nowMs);
  }

  get memory(): JobMemory {
    return this.#memory;
  }

  /** The module that it starts; null when it does something else. */
  get starts(): string | null {
    const { method, params } = this.#config;
    return method === 'module.start' && typeof params['module'] === 'string'
      ? params['module']
      : null;
  }

  /** What ran under the last daemon goes on, or was interrupted. */
  resume(): void {
    if (this.#memory.last_result?.status !== 'running') return;
    this.#carryOut(async () => {
      const result = await outcomeOfAdopted(this.#config, this.#context, this.#stopped);
      await this.#ended(result, this.#memory.last_run ?? '');
    });
  }

  /** Other settings; with another spec what was due before is forgotten. */
  configure(config: JobConfig): void {
    const nowMs = this.#context.system.now();
    if (specText(config) !== this.#memory.spec) {
      this.#memory = jobMemoryFor(specText(config), this.#memory, nowMs);
      this.#settled = settledOf(this.#memory);
      this.#backlog = [];
    }
    if (isDeepStrictEqual(config, this.#config)) return;
    this.#config = config;
    this.#spec = jobSpecOf(config);
    this.#plan();
  }

  /** To be called when the clock was, or may have been, set back: says anew when it is due next. */
  clockSetBack(nowMs: number): void {
    const settled = afterSetBack(this.#settled, nowMs);
    // What was settled under a clock that had been wrong is nothing to go by.
    if (settled.upToMs < this.#settled.upToMs) this.#memory = { ...this.#memory, settled: null };
    this.#keep(settled);
    this.#plan();
  }

  /** Takes what is due, if anything is. */
  look(nowMs: number): void {
    if (this.nextMs === null || this.nextMs > nowMs) return;
    const due = takeDue(this.#spec, this.#config.catchUp, this.#settled, nowMs);
    this.#keep(due.settled);
    if (due.missedCount > 0) this.#tell('missed', nowMs, { count: due.missedCount });
    this.#admit(due.runs.map((atMs) => ({ atMs, trigger: triggerAt(atMs, nowMs) })));
    this.#plan();
    if (this.#isRunning || this.#backlog.length === 0) this.#settle();
    this.#work();
  }

  /** Rejects with −32007 while it runs, unless its overlap lets it wait. */
  async run(): Promise<void> {
    const isWaiting = this.#backlog.length > 0;
    if (this.#isRunning && (this.#config.overlap === 'skip' || isWaiting)) {
      const why = `"${this.name}" runs${isWaiting ? ', and its next run waits already' : ''}`;
      throw new RpcError('refused', `${why} — ask again when it is done`, { reason: 'running' });
    }
    this.#backlog.push({ atMs: this.#context.system.now(), trigger: 'operator' });
    this.#work();
    await this.#context.save();
  }

  /** What runs goes on. */
  async pause(): Promise<void> {
    this.#memory = { ...this.#memory, paused: true };
    this.#backlog = [];
    this.nextMs = null;
    await this.#context.save();
  }

  /** What was due meanwhile is not caught up. */
  async resumeAfterPause(): Promise<void> {
    if (this.#memory.paused) {
      const nowMs = this.#context.system.now();
      this.#keep(passBy(this.#settled, nowMs));
      this.#memory = { ...this.#memory, paused: false, settled: iso(this.#settled.upToMs) };
      this.#plan();
    }
    await this.#context.save();
  }

  /** It is no longer configured: nothing follows what runs. `onGone` is called when that has ended. */
  drop(onGone: () => void): void {
    this.#backlog = [];
    if (this.#isRunning) this.#onGone = onGone;
    else onGone();
  }

  /** It is configured again while what ran is still running; what was due meanwhile is not missed. */
  takeBack(config: JobConfig): void {
    const nowMs = this.#context.system.now();
    this.#onGone = null;
    this.#keep(passBy(this.#settled, nowMs));
    this.configure(config);
    this.#plan();
  }

  row(): ScheduledJob {
    const { last_run, last_result, paused } = this.#memory;
    const { times, timezone } = this.#config;
    const next: string[] = [];
    const nowMs = this.#context.system.now();
    let atMs: number | null = nowMs;
    while (next.length < nextShownMax) {
      atMs = dueAfter(this.#spec, this.#settled, atMs);
      if (atMs === null) break;
      next.push(iso(atMs));
    }
    const spec = specInWords(times);
    return { job: this.name, spec, timezone, next, last_run, last_result, paused };
  }

  #plan(): void {
    this.nextMs = this.#memory.paused ? null : nextDue(this.#spec, this.#settled);
  }

  #keep(settled: Settled): void {
    this.#settled = settled;
    this.#memory = { ...this.#memory, ...rememberedOf(settled) };
  }

  /** What was missed together is run one after the other; what is due meanwhile follows `overlap`. */
  #admit(runs: readonly Due[]): void {
    const isFree = !this.#isRunning && this.#backlog.length === 0;
    const mayWait = this.#config.overlap === 'queue' && this.#backlog.length === 0;
    const taken = isFree ? runs : mayWait ? runs.slice(-1) : [];
    this.#backlog.push(...taken);
    for (const due of runs) {
      if (!taken.includes(due)) this.#tell('skipped', due.atMs, { reason: 'running' });
    }
  }

  #work(): void {
    if (this.#isRunning || this.#backlog.length === 0) return;
    this.#carryOut(async () => {
      for (let due = this.#backlog.shift(); due; due = this.#backlog.shift()) await this.#run(due);
    });
  }

  #carryOut(work: () => Promise<void>): void {
    this.#isRunning = true;
    work()
      .catch((err: unknown) => this.#context.log.error({ job: this.name, err }, 'a run went wrong'))
      .finally(() => {
        this.#isRunning = false;
        if (this.#onGone !== null) this.#onGone();
        else if (!this.#isOver()) this.#work();
      });
  }

  #isOver(): boolean {
    return this.#stopped.aborted;
  }

  async #run({ atMs, trigger }: Due): Promise<void> {
    if (this.#isOver()) return;
    const running: JobResult = { status: 'running', ended_at: null, error: null };
    const last_run = iso(this.#context.system.now());
    this.#memory = { ...this.#memory, last_run, last_result: running };
    this.#settle(trigger === 'operator' ? null : atMs);
    await this.#stored();
    if (this.#isOver()) return;
    this.#tell('fired', atMs, { trigger });
    const result = await outcomeOf(this.name, this.#config, this.#context, this.#stopped);
    await this.#ended(result, iso(atMs));
  }

  async #ended(result: JobResult | null, at: string): Promise<void> {
    // Without a result the daemon ends, and the next one looks what has become of it.
    if (result === null) return;
    this.#memory = { ...this.#memory, last_result: result };
    const { status, error } = result;
    if (status === 'interrupted')
      this.#context.log.warn({ job: this.name, at }, 'a run of a job was interrupted');
    if (status === 'failed') this.#tell('failed', Date.parse(at), { error });
    if (status === 'skipped') {
      this.#tell('skipped', Date.parse(at), { reason: error?.message ?? status });
    }
    await this.#stored();
  }

  /** What still waits is not settled: the next daemon would catch it up. */
  #settle(startedMs: number | null = null): void {
    const waits = this.#backlog.some(({ trigger }) => trigger !== 'operator');
    const settledMs = waits ? startedMs : this.#settled.upToMs;
    if (settledMs === null || settledMs <= Date.parse(this.#memory.settled ?? '')) return;
    this.#memory = { ...this.#memory, settled: iso(settledMs) };
    if (startedMs === null) void this.#stored();
  }

  #tell(what: 'fired' | 'missed' | 'skipped' | 'failed', atMs: number, more: EventData): void {
    const { publish, log } = this.#context;
    const data = { job: this.name, at: iso(atMs), ...more };
    publish(`schedule.${what}`, data);
    if (what === 'fired') log.info(data, 'a job of the schedule is due');
    else log.warn(data, `schedule.${what}`);
  }

  /** On a disk that takes nothing more the job is run all the same: better twice than never. */
  #stored(): Promise<void> {
    return this.#context.save().catch((err: unknown) => {
      this.#context.log.error({ job: this.name, err }, 'cannot store when a job has run');
    });
  }
}

function triggerAt(atMs: number, nowMs: number): Trigger {
  return nowMs - atMs > onTimeMs ? 'catch_up' : 'time';
}

function specText({ times, timezone }: JobConfig): string {
  return JSON.stringify([times, timezone]);
}
