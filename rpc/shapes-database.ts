/** What the database module answers, as it travels. */
import * as z from 'zod';

const time = z.iso.datetime().describe('ISO-8601, UTC');
const count = z.number().int().min(0);

export const databaseStatus = z.object({
  server: z.enum(['embedded', 'external']).describe('run by this module, or only watched by it'),
  version: z.string(),
  uptime: z.number().describe('seconds'),
  connections: count,
  connections_max: count,
  size_bytes: count.describe('of this database'),
  data_folder: z.string().nullable(),
  host: z.string().describe('a folder for a Unix socket'),
  database: z.string(),
  user: z.string(),
});
export type DatabaseStatus = z.infer<typeof databaseStatus>;

const file = z
  .string()
  .regex(/^(\/|[A-Za-z]:[\\/])/, 'expected an absolute path')
  .describe("absolute path, on the daemon's machine");
export const databaseFileParams = z.strictObject({ file });
export const databaseJobParams = z.strictObject({ job_id: z.string() });
/** Which shipped modules' tables to make, and where. */
export const databaseMigrateParams = z.strictObject({
  schemas: z
    .array(
      z.strictObject({
        owner: z
          .string()
          .regex(/^[a-z][a-z0-9_-]{0,47}$/)
          .describe('as in superbot:NAME'),
        schema: z.string().min(1).max(63),
      }),
    )
    .max(1000),
});

export const databaseJob = z.object({
  job_id: z.string(),
  kind: z.enum(['backup', 'restore', 'migrate']),
  state: z.enum(['running', 'done', 'failed']),
  file: z.string().nullable(),
  step: z.string().describe('what is being done, for people'),
  rows: count.describe('so far'),
  rows_total: count.nullable().describe('about, as far as is known'),
  bytes: count.describe('of the file, so far'),
  tables: count.describe('done with'),
  applied: z.array(z.string()).describe('migrations that were applied now'),
  started_at: time,
  finished_at: time.nullable(),
  error: z.string().nullable(),
});
export type DatabaseJob = z.infer<typeof databaseJob>;

export const databaseJobAnswer = z.object({ job: databaseJob });

/** The names that these shapes have in the documents made from the table. */
const named = { DatabaseStatus: databaseStatus, DatabaseJob: databaseJob };
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
