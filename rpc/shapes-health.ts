/** Whether modules work, as they say it themselves and as the daemon tells it. */
import * as z from 'zod';
import { json, moduleHealth, moduleState } from './shapes.ts';
import { redisStatus } from './shapes-redis.ts';

const lastActivity = z.union([z.string().max(100), z.number()]).nullable();
const count = z.number().nullable();

/** A module's answer to `link.health`. */
export const linkHealth = z.object({
  healthy: z.boolean(),
  reason: z.string().max(1000).optional().describe('why it is not healthy, for people'),
  restart_helps: z
    .boolean()
    .optional()
    .describe('false when the trouble is outside of it, such as prices that do not come'),
  last_activity: lastActivity.optional(),
  queue_depth: count.optional(),
  error_count: count.optional(),
  details: json.optional(),
});
export type LinkHealth = z.infer<typeof linkHealth>;

/** Of its own words, what is kept and shown; null where it said nothing. */
export interface ModuleSaid {
  readonly last_activity: string | number | null;
  readonly queue_depth: number | null;
  readonly error_count: number | null;
  readonly details: z.infer<typeof json>;
}

const checkDetails = z.object({
  check: z.enum(['link', 'http', 'tcp', 'exec']),
  message: z.string().nullable().describe('why the last check failed; null when it did not'),
  failures: z.number().int().describe('failed checks in a row'),
  duration_ms: z.number(),
  last_activity: lastActivity,
  queue_depth: count,
  error_count: count,
  details: json,
});
export type CheckDetails = z.infer<typeof checkDetails>;

export const moduleHealthRow = z.object({
  status: moduleHealth,
  state: moduleState,
  pid: z.number().int().nullable(),
  restart_count: z.number().int(),
  checked_at: z.iso.datetime().nullable(),
  details: checkDetails.nullable().describe('of the last check of what runs now'),
});
export type ModuleHealthRow = z.infer<typeof moduleHealthRow>;

export const healthReport = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  modules: z.record(z.string(), moduleHealthRow),
  backends: z
    .record(z.string(), redisStatus)
    .describe('of event_bus and cache, those that are in Redis: degraded unless they are up'),
});
export type HealthReport = z.infer<typeof healthReport>;

for (const [id, schema] of Object.entries({
  LinkHealth: linkHealth,
  ModuleHealth: moduleHealthRow,
}))
  z.globalRegistry.add(schema, { id });
