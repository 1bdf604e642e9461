/**
 * Cron lines. node-cron reads them; refused here is what it would accept beyond the five fields of
 * Vixie cron (seconds, `@daily`, L, W, #), and what would quietly mean something else than it seems to
 * (ranges that run backwards, steps longer than their field). docs/decisions/016 has the reasons.
 */
import { validateDetailed } from 'node-cron';

/** What a cron line matches. Each list is ascending, without repetition, and never empty. */
export interface CronFields {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly monthDays: readonly number[];
  /** 1 (January) to 12. */
  readonly months: readonly number[];
  /** 0 (Sunday) to 6. */
  readonly weekdays: readonly number[];
  /**
   * Whether a date matches by its day of the month or its weekday, or only by both. As in Vixie cron:
   * by either, unless one of the two fields begins with `*`.
   */
  readonly days: 'either' | 'both';
  /** Whether neither minute nor hour has a `*` or a step: a time of the day, not an interval. */
  readonly isFixedTime: boolean;
}

export type CronReading =
  | { readonly ok: true; readonly fields: CronFields }
  /** A phrase that can follow "expected". It repeats nothing of the line, which may be masked. */
  | { readonly ok: false; readonly expected: string };

/** Also refuses a day that none of its months has, although a weekday may be given beside it. */
export function readCron(line: string): CronReading {
  const words = line.trim().split(/\s+/);
  if (words.length !== rules.length) return refused('five fields such as "0 2 * * *"');
  for (const [at, rule] of rules.entries()) {
    const expected = mistakeIn(words[at] ?? '', rule);
    if (expected !== null) return refused(expected);
  }
  const { fields, errors } = validateDetailed(words.join(' '));
  if (fields === undefined) return refused(phraseOf(errors[0]?.field, errors[0]?.message));
  const [minute = '', hour = '', monthDay = '', , weekday = ''] = words;
  return {
    ok: true,
    fields: {
      minutes: ascending(fields.minute),
      hours: ascending(fields.hour),
      monthDays: ascending(fields.dayOfMonth),
      months: ascending(fields.month),
      weekdays: ascending(fields.dayOfWeek),
      days: [monthDay, weekday].some((word) => word.startsWith('*')) ? 'both' : 'either',
      isFixedTime: !/[*/]/.test(minute + hour),
    },
  };
}

interface FieldRule {
  /** As node-cron calls it. */
  readonly name: string;
  readonly what: string;
  /** How many values it has: no step may be longer. */
  readonly size: number;
  /** The first three letters of its values' names, at the place of their number. */
  readonly names: readonly string[];
}

const monthNames = ' jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const weekdayNames = 'sun mon tue wed thu fri sat'.split(' ');

const rules: readonly FieldRule[] = [
  { name: 'minute', what: 'minutes from 0 to 59', size: 60, names: [] },
  { name: 'hour', what: 'hours from 0 to 23', size: 24, names: [] },
  { name: 'dayOfMonth', what: 'days of the month from 1 to 31', size: 31, names: [] },
  { name: 'month', what: 'months from 1 to 12 or JAN to DEC', size: 12, names: monthNames },
  { name: 'dayOfWeek', what: 'weekdays from 0 to 7 or SUN to SAT', size: 7, names: weekdayNames },
];

const itemForm = /^(?:\*|([a-z]{3,}|\d{1,2})(?:-([a-z]{3,}|\d{1,2}))?)(?:\/(\d{1,2}))?$/i;

function mistakeIn(word: string, rule: FieldRule): string | null {
  for (const item of word.split(',')) {
    const match = itemForm.exec(item);
    const [, first, last, step] = match ?? [];
    if (!match) return formOf(rule);
    if (step !== undefined && (Number(step) < 1 || Number(step) > rule.size))
      return `${rule.what}, with a step from 1 to ${rule.size}`;
    if (first !== undefined && last !== undefined && isBackwards(first, last, rule))
      return `${rule.what}, with ranges from the lower to the higher`;
  }
  return null;
}

function formOf({ what }: FieldRule): string {
  return `${what}: a number, a range as 1-5, a step as */2 or 1-5/2, or a list of these as 1,3`;
}

/** Sunday, which has two numbers, may end a range. What is no value at all is node-cron's finding. */
function isBackwards(first: string, last: string, { name, names }: FieldRule): boolean {
  const number = (value: string): number =>
    /\d/.test(value) ? Number(value) : names.indexOf(value.slice(0, 3).toLowerCase());
  const end = number(last);
  return number(first) > (name === 'dayOfWeek' && end === 0 ? 7 : end);
}

function phraseOf(field: string | undefined, message: string | undefined): string {
  // Of all its messages only this one is about two fields at once.
  if (message?.includes('impossible')) return 'a day of the month that one of its months has';
  const rule = rules.find(({ name }) => name === field);
  return rule ? formOf(rule) : 'five fields such as "0 2 * * *"';
}

function refused(expected: string): CronReading {
  return { ok: false, expected };
}

function ascending(values: readonly (number | string)[]): number[] {
  return [...new Set(values.map(Number))].sort((a, b) => a - b);
}
