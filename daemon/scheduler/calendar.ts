/**
 * The calendar on the wall, without time zones: a local time is the milliseconds that a clock in UTC
 * would have at that date and time.
 */
import type { CronFields } from '../../config/cron.ts';

export const minuteMs = 60_000;
export const dayMs = 86_400_000;
const dayMinutes = 1440;

/** A 29 February on a given weekday comes again after 40 years at most. */
const searchDaysMax = 41 * 366;

/** The first local time that matches, this one or a later one; null when none ever does. */
export function firstMatch(fields: CronFields, fromLocalMs: number): number | null {
  const fromMinute = Math.ceil(fromLocalMs / minuteMs);
  const today = Math.floor(fromMinute / dayMinutes);
  const later = minuteOfDay(fields, fromMinute - today * dayMinutes);
  if (later !== null && firstDay(fields, today, today) === today)
    return (today * dayMinutes + later) * minuteMs;
  const day = firstDay(fields, today + 1, today + searchDaysMax);
  const first = minuteOfDay(fields, 0);
  return day === null || first === null ? null : (day * dayMinutes + first) * minuteMs;
}

/** 1 (Monday) to 7, of a day counted from 1970. */
export function weekdayOf(day: number): number {
  return new Date(day * dayMs).getUTCDay() || 7;
}

/** The first that matches of these days, both included. */
function firstDay(fields: CronFields, from: number, to: number): number | null {
  for (let day = from; day <= to;) {
    const date = new Date(day * dayMs);
    const month = date.getUTCMonth();
    if (!fields.months.includes(month + 1)) {
      day = Date.UTC(date.getUTCFullYear(), month + 1, 1) / dayMs;
      continue;
    }
    const byMonth = fields.monthDays.includes(date.getUTCDate());
    const byWeek = fields.weekdays.includes(date.getUTCDay());
    if (fields.days === 'either' ? byMonth || byWeek : byMonth && byWeek) return day;
    day += 1;
  }
  return null;
}

/** The first that matches of the minutes of a day from this one on. */
function minuteOfDay({ hours, minutes }: CronFields, from: number): number | null {
  const fromHour = Math.floor(from / 60);
  for (const hour of hours) {
    if (hour < fromHour) continue;
    const minute = minutes.find((one) => hour > fromHour || one >= from % 60);
    if (minute !== undefined) return hour * 60 + minute;
  }
  return null;
}
