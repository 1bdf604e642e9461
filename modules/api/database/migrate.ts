/** Numbered SQL files, applied forward only, each once, whoever else is doing the same. */
import { DatabaseError } from './error.ts';
import {
  type AppliedMigration,
  type Migration,
  pendingMigrations,
  readMigrations,
} from './migration-files.ts';
import type { CallOptions, Database, Transaction } from './options.ts';
import { quoted } from './server.ts';

export interface MigrationSource {
  /** Whose migrations these are, such as the module's kind; several owners may share a schema. */
  readonly owner: string;
  /** Of files such as `001_markets.sql`, numbered from 1 without gaps; no schema names inside. */
  readonly folder: string | URL;
  readonly schema: string;
}

export interface MigrationReport {
  /** The files that were applied now, in order. */
  readonly applied: readonly string[];
  /** The number of the last one that is in force; 0 when there is none. */
  readonly version: number;
}

/** Indexes over what has been collected for months take their time. */
const timeoutMsDefault = 600_000;

/** As `Database.migrate`. */
export async function migrate(
  database: Pick<Database, 'transaction'>,
  { owner, folder, schema }: MigrationSource,
  options: CallOptions,
): Promise<MigrationReport> {
  const files = await readMigrations(folder);
  const applied: string[] = [];
  for (;;) {
    // One a transaction: what was applied stays, whatever becomes of the next.
    const next = await database.transaction(
      async (transaction) => {
        await beginMigrating(transaction, schema);
        const [first] = pendingMigrations(files, await appliedBy(transaction, owner));
        if (first !== undefined) await apply(transaction, { owner, schema }, first);
        return first;
      },
      { timeoutMs: timeoutMsDefault, ...options },
    );
    if (next === undefined) return { applied, version: files.length };
    applied.push(next.filename);
  }
}

/**
 * The schema and its table of migrations, with a lock until the transaction ends that nobody else has
 * who migrates, backs up or restores the schema.
 */
export async function beginMigrating(transaction: Transaction, schema: string): Promise<void> {
  await transaction.query('SET LOCAL statement_timeout = 0');
  await transaction.query(`SELECT pg_advisory_xact_lock(${migrationLock})`, [schema]);
  await transaction.query(`CREATE SCHEMA IF NOT EXISTS ${quoted(schema)}`);
  await transaction.query(`SET LOCAL search_path = ${quoted(schema)}`);
  await transaction.query(`
    CREATE TABLE IF NOT EXISTS schema_migrations (
      position integer NOT NULL UNIQUE,
      owner text NOT NULL,
      version integer NOT NULL,
      filename text NOT NULL,
      checksum text NOT NULL,
      statements text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT clock_timestamp(),
      PRIMARY KEY (owner, version)
    )`);
}

/** The key of the lock that belongs to the schema given as $1. */
export const migrationLock = `hashtextextended('superbot migrations of ' || $1, 0)`;

async function appliedBy(
  transaction: Transaction,
  owner: string,
): Promise<readonly AppliedMigration[]> {
  const { rows } = await transaction.query<AppliedMigration>(
    'SELECT version, filename, checksum FROM schema_migrations WHERE owner = $1 ORDER BY version',
    [owner],
  );
  return rows;
}

async function apply(
  transaction: Transaction,
  { owner, schema }: Pick<MigrationSource, 'owner' | 'schema'>,
  { version, filename, checksum, statements }: Migration,
): Promise<void> {
  try {
    await transaction.query(statements);
  } catch (error) {
    const { kind, message, sqlState } = error as DatabaseError;
    if (kind !== 'refused' && kind !== 'data') throw error;
    const problem = `cannot apply the migration ${filename} of "${owner}" to the schema "${schema}": ${message}; nothing of it was kept`;
    throw new DatabaseError('migration', problem, { sqlState, cause: error });
  }
  await transaction.query(
    `INSERT INTO schema_migrations (position, owner, version, filename, checksum, statements)
     SELECT coalesce(max(position), 0) + 1, $1, $2, $3, $4, $5 FROM schema_migrations`,
    [owner, version, filename, checksum, statements],
  );
}
