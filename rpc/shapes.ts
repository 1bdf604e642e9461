/**
 * The value shapes that methods share, as they travel: snake_case keys, ISO-8601 UTC times,
 * `uptime`, `timeout` and `ttl` in seconds with fractions, other durations with their unit in the key.
 */
import * as z from 'zod';

/** Any string is accepted as a name: one that names no module is error −32002, not invalid params. */
export const moduleName = z.string().describe('name of a configured module');

export const moduleState = z.enum([
  'stopped',
  'starting',
  'running',
  'stopping',
  'restarting',
  'failed',
  'import_failed',
]);
export type ModuleState = z.infer<typeof moduleState>;

export const wanted = z.enum(['up', 'down']);
export type Wanted = z.infer<typeof wanted>;

export const moduleHealth = z.enum(['unknown', 'healthy', 'degraded', 'unhealthy']);
export type ModuleHealth = z.infer<typeof moduleHealth>;

const time = z.iso.datetime().describe('ISO-8601, UTC');
const seconds = z.number().describe('seconds, fractions allowed');

/** Any JSON value. One instance, because its name in the documents is this instance's. */
export const json = z.json();

/** Free-form parameters of a module: any JSON object. */
export const moduleParams = z.record(z.string(), json);
export type ModuleParams = z.infer<typeof moduleParams>;

export const lastExit = z.object({
  code: z.number().int().nullable(),
  signal: z.string().nullable(),
  reason: z.string().nullable().describe('custody_lost when the exit itself was not seen'),
  at: time,
  uptime: seconds,
});
export type LastExit = z.infer<typeof lastExit>;

export const moduleStatus = z.object({
  module: z.string(),
  type: z.string(),
  state: moduleState,
  reason: z.string().nullable().describe('why it is in this state; see docs/states.md'),
  wanted,
  health: moduleHealth,
  pid: z.number().int().nullable(),
  started_at: time.nullable(),
  uptime: seconds.nullable(),
  restart_count: z.number().int(),
  next_restart_at: time.nullable(),
  last_exit: lastExit.nullable(),
  last_error: z.string().nullable(),
  depends_on: z.array(z.string()),
  params: moduleParams,
});
export type ModuleStatus = z.infer<typeof moduleStatus>;

export const startedModule = moduleStatus.extend({ changed: z.boolean() });

export const stoppedModule = startedModule.extend({
  also: z.array(z.string()).describe('the others that it was done to as well'),
});

export const daemonStatus = z.object({
  status: z.literal('running'),
  pid: z.number().int(),
  version: z.string(),
  started_at: z.iso.datetime(),
  uptime: z.number(),
  endpoint: z.string(),
  home: z.string(),
  config_dir: z.string(),
  profile: z.string().nullable(),
  restarts_held: z
    .object({ until: time, count: z.number().int() })
    .nullable()
    .describe('while too many automatic restarts came together and none begins; else null'),
  modules: z.record(z.string(), moduleStatus),
});

export const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']);
export type LogLevel = z.infer<typeof logLevel>;

export const logLine = z.object({
  seq: z.number().int().describe('rises by one with every line of a module, never reset'),
  time,
  module: z.string(),
  stream: z.enum(['stdout', 'stderr', 'keeper']),
  level: logLevel.nullable(),
  text: z.string(),
  fields: z.record(z.string(), json).optional(),
  cont: z
    .boolean()
    .optional()
    .describe('the line was longer than 64 KB and goes on in the next one'),
});
export type LogLine = z.infer<typeof logLine>;

export const planEntry = z.object({
  module: z.string().nullable().describe("null for the daemon's own keys"),
  key: z.string().optional(),
  action: z.enum(['add', 'remove', 'restart', 'update', 'none', 'rejected']),
  reason: z.string(),
});
export type PlanEntry = z.infer<typeof planEntry>;

const journalEntry = z.object({
  time,
  kind: z
    .string()
    .describe(
      'asked, adopted, state, exit, restart, health, alert, machine or lost; of the host pause or stress',
    ),
  text: z.string(),
  data: z.record(z.string(), json),
});
export type JournalEntry = z.infer<typeof journalEntry>;

export const explanation = z.object({
  module: z.string(),
  state: moduleState,
  entries: z.array(journalEntry).describe('oldest first'),
  advice: z.string().describe('the next step, with the command to type'),
});
export type Explanation = z.infer<typeof explanation>;

/** The names that these shapes have in the documents made from the table. */
const named = {
  Json: json,
  LastExit: lastExit,
  ModuleStatus: moduleStatus,
  LogLine: logLine,
  PlanEntry: planEntry,
  JournalEntry: journalEntry,
};
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
