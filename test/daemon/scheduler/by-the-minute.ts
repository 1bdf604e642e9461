/**
 * When a job is due, found by looking at the clock on the wall minute after minute: the rule as it is
 * told to people, without any of the planner's arithmetic.
 */
import type { RandomJob } from './random-job.ts';
import type { Look } from './wall-clock.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;

/** The instants of all looks at which it is due. The first look must lie before what is of interest. */
export function dueByTheMinute(job: RandomJob, looks: readonly Look[]): number[] {
  const due: number[] = [];
  const shown = new Set<number>();
  const stepMs = (looks[1]?.atMs ?? 0) - (looks[0]?.atMs ?? 0);
  let previousMs = looks[0]?.localMs ?? 0;
  for (const { atMs, localMs } of looks) {
    const isTimeOut = localMs > previousMs && localMs - previousMs < dayMs;
    const minutes =
      job.isFixed && isTimeOut
        ? wholeMinutes(previousMs, localMs)
        : wholeMinutes(localMs - stepMs, localMs);
    const isDue = minutes.some((one) => matches(job, one) && !(job.isFixed && shown.has(one)));
    if (isDue) due.push(atMs);
    for (const one of minutes) shown.add(one);
    previousMs = localMs;
  }
  return due;
}

/** After one and up to the other. */
function wholeMinutes(afterMs: number, untilMs: number): number[] {
  const minutes: number[] = [];
  const firstMs = (Math.floor(afterMs / minuteMs) + 1) * minuteMs;
  for (let oneMs = firstMs; oneMs <= untilMs; oneMs += minuteMs) minutes.push(oneMs);
  return minutes;
}

function matches(job: RandomJob, localMs: number): boolean {
  const clock = new Date(localMs);
  const onMonthDay = job.monthDays.has(clock.getUTCDate());
  const onWeekday = job.weekdays.has(clock.getUTCDay());
  return (
    job.minutes.has(clock.getUTCMinutes()) &&
    job.hours.has(clock.getUTCHours()) &&
    job.months.has(clock.getUTCMonth() + 1) &&
    (job.days === 'both' ? onMonthDay && onWeekday : onMonthDay || onWeekday)
  );
}
