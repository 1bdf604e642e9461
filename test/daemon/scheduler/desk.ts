// A scheduler on a clock that a test moves. What it calls and what becomes of modules is written down
// and answered by the test; all between is the real thing.
import type { JobConfig, ScheduleConfig, WindowConfig } from '../../../config/resolve-schedule.ts';
import type {
  ModuleEnd,
  ScheduleContext,
  ScheduledModules,
} from '../../../daemon/scheduler/context.ts';
import { blankScheduleMemory, type ScheduleMemory } from '../../../daemon/scheduler/memory.ts';
import { Scheduler } from '../../../daemon/scheduler/scheduler.ts';
import type { System } from '../../../daemon/system.ts';
import type { ScheduledJob } from '../../../rpc/shapes-schedule.ts';
import { FakeClock } from '../../support/fake-clock.ts';

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

export type Jobs = Readonly<Record<string, Partial<JobConfig> & Pick<JobConfig, 'times'>>>;

export function cron(line: string, more: Partial<JobConfig> = {}): Jobs[string] {
  return { times: { kind: 'cron', cron: line }, ...more };
}

export class Desk {
  readonly clock = new FakeClock();
  /** What went on, in order: `save`, `call JOB`, `hours up`, `edge trading_start`. */
  readonly acts: string[] = [];
  readonly events: { topic: string; data: Record<string, unknown> }[] = [];
  readonly warnings: string[] = [];
  /** What was on the disk at the last save. */
  stored: ScheduleMemory = blankScheduleMemory;
  answer: (job: string, signal: AbortSignal) => Promise<unknown> = () => Promise.resolve({});
  keptDownBy: ReturnType<ScheduledModules['passEdge']> = null;
  end: (signal: AbortSignal) => Promise<ModuleEnd> | null = () => null;
  diskIsFull = false;
  scheduler!: Scheduler;
  #shiftMs: number;
  #config: ScheduleConfig = { window: null, jobs: new Map() };

  constructor(startsAt: string) {
    this.#shiftMs = Date.parse(startsAt) - this.clock.now();
  }

  get nowMs(): number {
    return this.clock.now() + this.#shiftMs;
  }

  /** A new daemon, on what the last one has stored. */
  open(jobs: Jobs, window: WindowConfig | null = null): this {
    this.#config = configOf(jobs, window);
    const scheduler = new Scheduler(this.stored, this.#context());
    this.scheduler = scheduler;
    scheduler.prepare(this.#config);
    void scheduler.start();
    return this;
  }

  configure(jobs: Jobs, window: WindowConfig | null = null): void {
    this.#config = configOf(jobs, window);
    this.scheduler.configure(this.#config);
  }

  /** The daemon is gone without a word, and so is what it waited for. */
  async dies(): Promise<void> {
    await this.scheduler.stop();
  }

  advance(ms: number): Promise<void> {
    return this.clock.advance(ms);
  }

  /** Somebody sets the wall clock; timers do not notice. */
  setClock(byMs: number): void {
    this.#shiftMs += byMs;
  }

  /** The instants for which a job has fired, without the seconds: `11-22T09:00`. */
  fired(job: string): string[] {
    return this.told('schedule.fired', job).map(({ at }) => String(at).slice(5, 16));
  }

  told(topic: string, job: string): Record<string, unknown>[] {
    return this.events.filter((e) => e.topic === topic && e.data['job'] === job).map((e) => e.data);
  }

  calls(job: string): number {
    return this.acts.filter((act) => act === `call ${job}`).length;
  }

  row(name: string): ScheduledJob {
    const row = this.scheduler.list().find(({ job }) => job === name);
    if (!row) throw new Error(`${name} is not listed`);
    return row;
  }

  #context(): ScheduleContext {
    const system: System = {
      now: () => this.nowMs,
      monotonicMs: () => this.clock.monotonicMs(),
      after: (delayMs, callback) => this.clock.after(delayMs, callback),
      random: () => this.clock.random(),
      randomHex: (bytes) => this.clock.randomHex(bytes),
    };
    const quiet = (): void => undefined;
    return {
      system,
      log: { info: quiet, warn: (_fields, text) => this.warnings.push(text), error: quiet },
      publish: (topic, data) => this.events.push({ topic, data }),
      save: async () => {
        this.acts.push('save');
        await Promise.resolve();
        if (this.diskIsFull) throw new Error('no space left on device');
        this.stored = JSON.parse(JSON.stringify(this.scheduler.memory)) as ScheduleMemory;
      },
      call: (job, _method, _params, signal) => {
        this.acts.push(`call ${job}`);
        return this.answer(job, signal);
      },
      modules: {
        setHours: (hours) => {
          const said = `hours ${hours.get('trading') ?? 'none'}`;
          if (this.acts.findLast((act) => act.startsWith('hours ')) !== said) this.acts.push(said);
        },
        passEdge: (_module, job) => {
          this.acts.push(`edge ${job}`);
          return this.keptDownBy;
        },
        endOf: (_module, signal) => this.end(signal),
      },
    };
  }
}

function configOf(jobs: Jobs, window: WindowConfig | null): ScheduleConfig {
  const common = {
    timezone: 'UTC',
    method: 'module.restart',
    params: {},
    catchUp: 'once',
    overlap: 'skip',
  } as const;
  const named = Object.entries(jobs).map(([name, job]) => [name, { ...common, ...job }] as const);
  return { window, jobs: new Map(named) };
}
