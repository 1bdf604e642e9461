import { type JobSpec, jobSpecOf } from '../../../daemon/scheduler/job-spec.ts';

export function cronSpec(cron: string, timezone: string): JobSpec {
  return jobSpecOf({ times: { kind: 'cron', cron }, timezone });
}

/** Every day where none are given. */
export function dailySpec(at: string, days: readonly number[] | null, timezone: string): JobSpec {
  return jobSpecOf({ times: { kind: 'at', at, days }, timezone });
}
