/** When a job is due, for people: a cron line as it stands, or `09:00 on Mon-Fri`. */
import type { JobTimes } from '../../config/resolve-schedule.ts';

export function specInWords(times: JobTimes): string {
  if (times.kind === 'cron') return times.cron;
  const days = [...new Set(times.days ?? [])].sort((a, b) => a - b);
  if (times.days === null || days.length === dayNames.length) return times.at;
  return `${times.at} on ${daysInWords(days)}`;
}

/** How many coming runs are shown of each job. */
export const nextShownMax = 5;

const dayNames = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

function daysInWords(days: readonly number[]): string {
  const names = days.map((day) => dayNames[day - 1] ?? '');
  const isSpan = days.length > 2 && days.every((day, at) => day === (days[0] ?? 0) + at);
  if (isSpan) return `${names[0]}-${names.at(-1)}`;
  return names.length === 0 ? 'no day' : names.join(', ');
}
