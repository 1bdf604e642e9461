/** A job of the schedule as it travels. */
import * as z from 'zod';

const time = z.iso.datetime().describe('ISO-8601, UTC');

export const jobResult = z.object({
  status: z
    .enum(['running', 'done', 'failed', 'skipped', 'interrupted'])
    .describe(
      'skipped: an operator keeps the module down; interrupted: the daemon ended while it ran',
    ),
  ended_at: time.nullable().describe('null while it runs, and when nobody saw the end'),
  error: z
    .object({ code: z.number().int(), message: z.string() })
    .nullable()
    .describe('what the method answered, when that was an error'),
});
export type JobResult = z.infer<typeof jobResult>;

export const scheduledJob = z.object({
  job: z.string(),
  spec: z.string().describe('a cron line, or a time of day and its days'),
  timezone: z.string(),
  next: z.array(time).max(5).describe('when it is due next, as if it were not paused'),
  last_run: time.nullable(),
  last_result: jobResult.nullable(),
  paused: z.boolean(),
});
export type ScheduledJob = z.infer<typeof scheduledJob>;

z.globalRegistry.add(jobResult, { id: 'JobResult' });
z.globalRegistry.add(scheduledJob, { id: 'ScheduledJob' });
