/**
 * Whether a day that has no partition may get one. Pure.
 *
 * Days around the present one may. Of others a few, because clocks err, ours too: what the venue dates
 * is then far from our day, and still true. Not many, because rows with times at random would make
 * thousands of tables. What is refused goes to the quarantine.
 */
import { dayMs } from './days.ts';

const behindDays = 31;
const aheadDays = 4;
/** In one run of the collector. */
const oddDaysMax = 32;

export type Admission = 'expected' | 'odd' | 'refused';

/** @param oddDays of this table, admitted so far */
export function admitDay(day: number, today: number, oddDays: number): Admission {
  if (day >= today - behindDays * dayMs && day <= today + aheadDays * dayMs) return 'expected';
  return oddDays < oddDaysMax ? 'odd' : 'refused';
}
