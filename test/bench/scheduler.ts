import { setImmediate as nextTurn } from 'node:timers/promises';
import { Cron } from 'croner';
import type { JobConfig } from '../../config/resolve-schedule.ts';
import type { ScheduleContext } from '../../daemon/scheduler/context.ts';
import { jobSpecOf } from '../../daemon/scheduler/job-spec.ts';
import { blankScheduleMemory } from '../../daemon/scheduler/memory.ts';
import { nextRun } from '../../daemon/scheduler/next-run.ts';
import { Scheduler } from '../../daemon/scheduler/scheduler.ts';
import { realSystem } from '../../daemon/system.ts';
import { compare, type Figure, median } from './measure.ts';

const rounds = 7;
const ticks = 60;
const count = 10_000;
const minuteMs = 60_000;

// A fifth of them each quarter of an hour, a fifth each minute.
const lines = ['*/15 * * * *', '* * * * *', '0 9 * * 1-5', '30 2 * * *', '5 4 1 * *'];
const zones = Intl.supportedValuesOf('timeZone');

/** What ten thousand jobs cost: to plan them, against croner, and to look after them for an hour. */
export async function scheduler(): Promise<Figure[]> {
  const plans = await planning();
  return [plans, ...(await anHour(plans.floor))];
}

async function planning(): Promise<Figure> {
  const jobs = [...jobConfigs().values()];
  const specs = jobs.map(jobSpecOf);
  const cronerJobs = jobs.map(({ times, timezone }) => {
    const cron = times.kind === 'cron' ? times.cron : '';
    return new Cron(cron, { timezone, paused: true });
  });
  let nowMs = Date.now();
  const elapsedMs = (work: () => void): Promise<number> => {
    nowMs += minuteMs;
    const startedMs = performance.now();
    work();
    return Promise.resolve(performance.now() - startedMs);
  };
  const measured = await compare(
    rounds,
    () => elapsedMs(() => specs.forEach((spec) => nextRun(spec, nowMs))),
    () => elapsedMs(() => cronerJobs.forEach((job) => job.nextRun(new Date(nowMs)))),
  );
  const what = `next runs of ${count.toLocaleString('en-US')} jobs in ${zones.length} zones / croner`;
  return { what, unit: 'ms', ...measured, target: { kind: 'ratio_max', limit: 0.1 } };
}

/**
 * A tick each minute; what is due is called, and the calls do nothing. The floor is again what croner
 * takes to plan the jobs.
 */
async function anHour(floor: number | null): Promise<Figure[]> {
  const clock = new TickingClock();
  const part = new Scheduler(blankScheduleMemory, contextAt(clock));
  part.prepare({ window: null, jobs: jobConfigs() });
  await part.start();
  clock.tick(0);
  const idleMs: number[] = [];
  const dueMs: number[] = [];
  for (let at = 0; at < ticks; at++) {
    dueMs.push(clock.tick(minuteMs - (clock.nowMs % minuteMs)));
    await nextTurn();
    idleMs.push(clock.tick(1));
  }
  await part.stop();
  const figure = (what: string, values: readonly number[], limit: number): Figure => ({
    what: `… a tick with ${what} of them due`,
    unit: 'ms',
    value: median(values),
    floor,
    target: { kind: 'ratio_max', limit },
  });
  const dueTold = (count / lines.length).toLocaleString('en-US');
  return [figure(dueTold, dueMs, 0.25), figure('none', idleMs, 0.01)];
}

function jobConfigs(): Map<string, JobConfig> {
  const common = { method: 'daemon.status', params: {}, catchUp: 'once', overlap: 'skip' } as const;
  return new Map(
    Array.from({ length: count }, (_, at) => {
      const times = { kind: 'cron', cron: lines[at % lines.length] ?? '' } as const;
      return [`job-${at}`, { ...common, times, timezone: zones[at % zones.length] ?? 'UTC' }];
    }),
  );
}

/** Holds what waits for it until it is told to let time pass. */
class TickingClock {
  nowMs = Date.now();
  #waiting: (() => void) | null = null;

  after(callback: () => void): void {
    this.#waiting = callback;
  }

  /** How long the look has taken that follows. */
  tick(byMs: number): number {
    this.nowMs += byMs;
    const startedMs = performance.now();
    this.#waiting?.();
    return performance.now() - startedMs;
  }
}

function contextAt(clock: TickingClock): ScheduleContext {
  const ignore = (): void => undefined;
  return {
    system: {
      ...realSystem,
      now: () => clock.nowMs,
      after: (delayMs, callback) => {
        // What waits longer is the deadline of a call.
        if (delayMs <= minuteMs) clock.after(callback);
        return { cancel: ignore };
      },
    },
    call: () => Promise.resolve(null),
    modules: { setHours: ignore, passEdge: () => null, endOf: () => null },
    save: () => Promise.resolve(),
    publish: ignore,
    log: { info: ignore, warn: ignore, error: ignore },
  };
}
