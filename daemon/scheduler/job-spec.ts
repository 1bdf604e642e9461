/** When a job is due, as the planner works with it: a cron line and a time of day are one shape. */
import { type CronFields, readCron } from '../../config/cron.ts';
import type { JobConfig } from '../../config/resolve-schedule.ts';

export interface JobSpec {
  readonly times: CronFields;
  /** A name that `Intl` knows. */
  readonly timezone: string;
}

/** Throws for what the configuration's schema would not have let pass. */
export function jobSpecOf({ times, timezone }: Pick<JobConfig, 'times' | 'timezone'>): JobSpec {
  switch (times.kind) {
    case 'at':
      return { times: timesOfDay(minuteOf(times.at), times.days), timezone };
    case 'cron':
      return { times: checkedFields(times.cron), timezone };
  }
}

/** Minutes after midnight of `HH:MM`. */
export function minuteOf(written: string): number {
  const [, hour, minute] = /^(\d\d):(\d\d)$/.exec(written) ?? [];
  if (hour === undefined || minute === undefined)
    throw new Error(`internal error: the time "${written}" was used before it was checked`);
  return Number(hour) * 60 + Number(minute);
}

function checkedFields(line: string): CronFields {
  const reading = readCron(line);
  if (reading.ok) return reading.fields;
  throw new Error(`internal error: the cron line "${line}" was used before it was checked`);
}

function timesOfDay(minuteOfDay: number, days: readonly number[] | null): CronFields {
  return {
    minutes: [minuteOfDay % 60],
    hours: [Math.floor(minuteOfDay / 60)],
    monthDays: upTo(31),
    months: upTo(12),
    weekdays: [...new Set(days ?? upTo(7))].map((day) => day % 7).sort(),
    days: 'both',
    isFixedTime: true,
  };
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
