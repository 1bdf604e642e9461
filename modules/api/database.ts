/**
 * PostgreSQL for modules, as `superbot/database`: a pool that outlives the server's restarts,
 * transactions, numbered migrations, COPY, and a writer of batches that acknowledges only what is safe.
 */
import { realClock } from './clock.ts';
import { Access } from './database/access.ts';
import type { BatchRow, BatchWriter, BatchWriterOptions } from './database/batch-options.ts';
import { RowForm } from './database/batch-rows.ts';
import { QueueingBatchWriter } from './database/batch-writer.ts';
import { DatabaseError } from './database/error.ts';
import { OpenDatabase } from './database/open-database.ts';
import type { Database, DatabaseOptions } from './database/options.ts';
import { Server } from './database/server.ts';
import { Spill } from './database/spill.ts';
import { log as moduleLog } from './log.ts';

export type {
  BatchMetrics,
  BatchRow,
  BatchValue,
  BatchWriter,
  BatchWriterOptions,
  RefusedRow,
  SpillOptions,
} from './database/batch-options.ts';
export { DatabaseError, type DatabaseErrorKind } from './database/error.ts';
export type { DatabaseMetrics } from './database/metrics.ts';
export type { MigrationReport, MigrationSource } from './database/migrate.ts';
export type {
  AnyRow,
  CallOptions,
  Database,
  DatabaseOptions,
  DatabaseQueryOptions,
  Queryable,
  QueryOptions,
  QueryResult,
  Transaction,
  TransactionOptions,
} from './database/options.ts';

const defaults = {
  schema: 'public',
  connectionsMax: 10,
  idleMs: 300_000,
  connectTimeoutMs: 5000,
  timeoutMs: 30_000,
  statementTimeoutMs: 60_000,
};

/**
 * Connects when it is first asked for something, and again whenever the server was away. Throws
 * `not_configured`.
 * @see docs/database.md
 */
export function openDatabase(options: DatabaseOptions = {}): Database {
  const { clock = realClock, log = moduleLog, url = urlOfModule() } = options;
  const applicationName = options.applicationName ?? process.env['SUPERBOT_MODULE'] ?? 'superbot';
  const given = { ...defaults, ...options };
  const server = new Server({ ...given, url, applicationName });
  return new OpenDatabase(new Access({ ...given, server, clock, log }));
}

/**
 * Begins with what an earlier run has left on disk, in order. Rejects when the folder of the spill
 * files cannot be used.
 */
export async function openBatchWriter<Row extends BatchRow<keyof Row>>(
  database: Pick<Database, 'query'>,
  options: BatchWriterOptions<Row>,
): Promise<BatchWriter<Row>> {
  const { clock = realClock, log = moduleLog, spill } = options;
  const form = new RowForm<Row>(options.columns);
  const files = spill === null ? null : await Spill.open(options.name, spill, log);
  return new QueueingBatchWriter({ ...options, database, form, spill, files, clock, log });
}

function urlOfModule(): string {
  const url = process.env['SUPERBOT_DATABASE_URL'];
  if (url !== undefined && url !== '') return url;
  throw new DatabaseError(
    'not_configured',
    'cannot open the database: SUPERBOT_DATABASE_URL is not set — add a module of superbot:database, or set infrastructure.database.url or DATABASE_URL for the daemon',
  );
}
