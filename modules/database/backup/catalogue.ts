/** What of a database belongs into a backup: the schemas that migrations have made. */
import type { Queryable } from '../../api/database.ts';
import { quoted } from '../../api/database/server.ts';
import type {
  SavedMigration,
  SavedPartition,
  SavedSchema,
  SavedSequence,
  SavedTable,
} from './archive-format.ts';

/** Those with a table of migrations, by name. */
export async function migratedSchemas(database: Queryable): Promise<string[]> {
  const { rows } = await database.query<{ name: string }>(
    `SELECT n.nspname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relname = 'schema_migrations' AND c.relkind = 'r' AND n.nspname !~ '^pg_' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Tables that are no partitions, by name, each with the columns that can be written. */
export async function tablesOf(
  database: Queryable,
  schema: string,
): Promise<readonly SavedTable[]> {
  const { rows } = await database.query<SavedTable>(
    `SELECT c.relname AS name, coalesce(array_agg(a.attname::text ORDER BY a.attnum)
       FILTER (WHERE a.attgenerated = ''), '{}') AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = $1::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     GROUP BY c.relname ORDER BY c.relname`,
    [quoted(schema)],
  );
  return rows;
}

export async function savedSchema(database: Queryable, name: string): Promise<SavedSchema> {
  const tables = await tablesOf(database, name);
  const migrations = await migrationsOf(database, name);
  const unexplained = tables.find((table) => !isExplained(table.name, migrations));
  if (unexplained !== undefined)
    throw new Error(
      `the table ${name}.${unexplained.name} is in no migration, so that nothing could make it again — make it in one, or drop it`,
    );
  const partitions = await partitionsOf(database, name);
  return { name, migrations, tables, partitions, sequences: await sequencesOf(database, name) };
}

async function migrationsOf(database: Queryable, schema: string): Promise<SavedMigration[]> {
  const { rows } = await database.query<SavedMigration>(
    `SELECT owner, version, filename, checksum, statements
     FROM ${quoted(schema)}.schema_migrations ORDER BY position`,
  );
  return [...rows];
}

function isExplained(table: string, migrations: readonly SavedMigration[]): boolean {
  return (
    table === 'schema_migrations' || migrations.some(({ statements }) => statements.includes(table))
  );
}

async function partitionsOf(database: Queryable, schema: string): Promise<SavedPartition[]> {
  const { rows } = await database.query<SavedPartition>(
    `SELECT c.relname AS name, p.relname AS parent, pg_get_expr(c.relpartbound, c.oid) AS bound,
       pg_get_partkeydef(c.oid) AS key
     FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relnamespace = $1::regnamespace AND c.relispartition AND c.relkind IN ('r', 'p')
     ORDER BY (SELECT count(*) FROM pg_partition_ancestors(c.oid)), c.relname`,
    [quoted(schema)],
  );
  return [...rows];
}

async function sequencesOf(database: Queryable, schema: string): Promise<SavedSequence[]> {
  const { rows } = await database.query<SavedSequence>(
    `SELECT sequencename AS name, last_value::text AS value FROM pg_sequences
     WHERE schemaname = $1 AND last_value IS NOT NULL ORDER BY 1`,
    [schema],
  );
  return [...rows];
}
