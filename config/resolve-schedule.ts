/** `daemon.schedule` as the daemon works with it: every job in one form, and the trading window. */
import type { DaemonDocument } from './schema.ts';

type Written = DaemonDocument['daemon']['schedule'];
type WrittenJob = Written['jobs'][string];

export interface ScheduleConfig {
  /** When the module `trading` is wanted; null when nothing is said of it. */
  readonly window: WindowConfig | null;
  /** By name, those with a key of their own among them when they are enabled. */
  readonly jobs: ReadonlyMap<string, JobConfig>;
}

/** Overnight when `stop` is not after `start`; then it belongs to the day on which it opens. */
export interface WindowConfig {
  /** `HH:MM` */
  readonly start: string;
  readonly stop: string;
  /** 1 (Monday) to 7. */
  readonly days: readonly number[];
  readonly timezone: string;
}

export interface JobConfig {
  readonly times: JobTimes;
  readonly timezone: string;
  /** What is called when it is due, with these params. */
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  /** What is done about runs that nobody was there for. */
  readonly catchUp: WrittenJob['catch_up'];
  /** What is done when it is due while it runs. */
  readonly overlap: WrittenJob['overlap'];
}

export type JobTimes =
  | { readonly kind: 'cron'; readonly cron: string }
  /** `HH:MM` on these days, 1 (Monday) to 7; null: every day. */
  | { readonly kind: 'at'; readonly at: string; readonly days: readonly number[] | null };

export function scheduleConfig(written: Written): ScheduleConfig {
  const { timezone, trading_start: start, trading_stop: stop, trading_days: days } = written;
  const jobs = Object.entries(written.jobs).map(
    ([name, job]) => [name, jobConfig(job, timezone)] as const,
  );
  return {
    window: start === null || stop === null ? null : { start, stop, days, timezone },
    jobs: new Map([...namedJobs(written), ...jobs]),
  };
}

function jobConfig(job: WrittenJob, timezone: string): JobConfig {
  const { cron, at = '', days = null, method, params, catch_up: catchUp, overlap } = job;
  const times: JobTimes =
    cron === undefined ? { kind: 'at', at, days } : { kind: 'cron', cron: cron.trim() };
  return { times, timezone: job.timezone ?? timezone, method, params, catchUp, overlap };
}

/** The two jobs that need no more than to be switched on. */
function namedJobs(written: Written): [string, JobConfig][] {
  const { timezone, daily_backtest: backtest, weekly_report: report } = written;
  const common = { timezone, catchUp: 'once', overlap: 'skip' } as const;
  const jobs: [string, JobConfig][] = [];
  if (backtest.enabled) {
    const times = { kind: 'cron', cron: backtest.cron.trim() } as const;
    const params = { module: 'backtest', params: { strategy: backtest.strategy } };
    jobs.push(['daily_backtest', { ...common, times, method: 'module.start', params }]);
  }
  if (report.enabled) {
    const times = { kind: 'cron', cron: report.cron.trim() } as const;
    jobs.push(['weekly_report', { ...common, times, method: 'monitoring.report', params: {} }]);
  }
  return jobs;
}
