/** `daemon.schedule`: the trading window, the two jobs with names of their own, and all others. */
import * as z from 'zod';
import { readCron } from './cron.ts';
import { choice, flag, group, list, mapping, pattern, text, whenMapping, whole } from './fields.ts';
import { givenName } from './names.ts';

const namedJobs = new Set(['daily_backtest', 'weekly_report']);

const timezone = text('a time zone').refine(isTimeZone, {
  error: 'a time zone such as UTC or Europe/Istanbul',
});

// The form is for the JSON Schema; whether a line of that form makes sense, only its reader knows.
const cron = pattern(/^\s*\S+(\s+\S+){4}\s*$/, 'five fields such as "0 2 * * *"').superRefine(
  (line, context) => {
    const reading = readCron(line);
    if (!reading.ok) context.addIssue({ code: 'custom', message: reading.expected });
  },
);

const timeOfDay = pattern(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time as "HH:MM", in quotes');

const weekday = whole(1, 7);

const job = z
  .strictObject(
    {
      cron: cron.optional(),
      at: timeOfDay.optional(),
      days: z
        .array(weekday, { error: 'a list of days, 1 (Monday) to 7' })
        .min(1, { error: 'a list of at least one day' })
        .optional(),
      timezone: timezone.optional(),
      method: pattern(/^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$/, 'a method such as module.restart'),
      params: mapping(z.string(), z.json()),
      catch_up: z
        .union(
          [
            choice(['skip', 'once']),
            z.strictObject(
              { all: whole(1, 1000) },
              { error: 'a mapping with the key "all" and a number' },
            ),
          ],
          { error: 'skip, once, or {all: MAX}' },
        )
        .default('once'),
      overlap: choice(['skip', 'queue']).default('skip'),
    },
    { error: 'a mapping of keys to values' },
  )
  .refine(({ cron, at }) => (cron === undefined) !== (at === undefined), {
    error: 'one of cron and at',
    when: whenMapping,
  })
  .refine(({ at, days }) => days === undefined || at !== undefined, {
    path: ['days'],
    error: 'days only together with at',
    when: whenMapping,
  });

const jobName = givenName.refine((name) => !namedJobs.has(name), {
  error: 'another name than that of a job with a key of its own',
});

/** `references.ts` checks what it needs of `daemon.modules`. */
export const schedule = group({
  timezone: timezone.default('UTC'),
  trading_start: timeOfDay.nullable().default(null),
  trading_stop: timeOfDay.nullable().default(null),
  trading_days: list(weekday, 'days, 1 (Monday) to 7', [1, 2, 3, 4, 5]).refine(
    ({ length }) => length > 0,
    { error: 'a list of at least one day' },
  ),
  daily_backtest: group({
    enabled: flag().default(false),
    cron: cron.default('0 2 * * *'),
    strategy: text('the name of a strategy').default('default'),
  }),
  weekly_report: group({
    enabled: flag().default(false),
    cron: cron.default('0 0 * * 0'),
  }),
  jobs: mapping(jobName, job),
}).refine(({ trading_start, trading_stop }) => isWindow(trading_start, trading_stop), {
  path: ['trading_stop'],
  error: 'a time other than trading_start, and neither without the other',
  when: whenMapping,
});

function isWindow(start: unknown, stop: unknown): boolean {
  if (typeof start !== 'string' || typeof stop !== 'string')
    return (start ?? null) === (stop ?? null);
  return start !== stop;
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
