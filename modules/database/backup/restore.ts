/** A backup into an empty database, all of it or nothing, and only when every sum is right. */
import { createHash } from 'node:crypto';
import type { Database, Transaction } from '../../api/database.ts';
import { checksumOf } from '../../api/database/migration-files.ts';
import { beginMigrating } from '../../api/database/migrate.ts';
import { quoted } from '../../api/database/server.ts';
import type { JobProgress } from '../job.ts';
import type { Header, SavedSchema, SavedTable, TableName, TableSum } from './archive-format.ts';
import { ArchiveReader } from './archive-reader.ts';
import { tablesOf } from './catalogue.ts';
import { closeForLoading } from './loading.ts';
import { contentOf, settleText, tableName } from './table-sum.ts';

const timeoutMs = 24 * 3600 * 1000;

/** Rejects, and leaves the database as it was, when it is not empty or anything is not right. */
export async function restore(
  database: Database,
  file: string,
  progress: JobProgress,
  signal: AbortSignal,
): Promise<void> {
  const archive = await ArchiveReader.open(file);
  try {
    const first = await archive.next();
    if (first.kind !== 'H') throw new Error('the backup does not say what is in it');
    await database.transaction(
      (transaction) => fill(transaction, first.header, archive, progress),
      {
        attemptsMax: 1,
        timeoutMs,
        signal,
      },
    );
  } finally {
    await archive.close();
  }
}

async function fill(
  transaction: Transaction,
  { schemas }: Header,
  archive: ArchiveReader,
  progress: JobProgress,
): Promise<void> {
  await expectEmpty(transaction);
  await settleText(transaction);
  for (const schema of schemas) {
    progress.step(`the tables of ${schema.name}`);
    await makeTables(transaction, schema);
  }
  const reopen = await closeForLoading(transaction, schemas);
  const columns = new Map(
    schemas.flatMap(({ name: schema, tables }) =>
      tables.map((table) => [tableName(schema, table.name), table.columns] as const),
    ),
  );
  const done = { tables: 0, rows: 0 };
  for (let frame = await archive.next(); frame.kind !== 'Z'; frame = await archive.next()) {
    if (frame.kind !== 'T') throw new Error('its parts are not in order');
    progress.step(`${frame.table.schema}.${frame.table.name}`);
    done.rows += await loadTable(transaction, frame.table, columns, archive, progress);
    done.tables += 1;
    progress.tables(done.tables);
  }
  if (done.tables !== columns.size) throw new Error('not every table is in it');
  progress.step('foreign keys, sequences and statistics');
  await reopen();
}

/** Tables without a row do not count: a module that has only migrated has made some. */
async function expectEmpty(transaction: Transaction): Promise<void> {
  const { rows } = await transaction.query<TableName>(
    `SELECT n.nspname AS schema, c.relname AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relname <> 'schema_migrations'
       AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')`,
  );
  for (const { schema, name } of rows) {
    const { count } = await transaction.query(`SELECT FROM ${tableName(schema, name)} LIMIT 1`);
    if (count > 0)
      throw new Error(
        `the database is not empty: there are rows in ${schema}.${name} — restore into the database of a new home, before a module has written to it`,
      );
  }
}

/** By the migrations that the backup carries, whatever files this program has. */
async function makeTables(transaction: Transaction, schema: SavedSchema): Promise<void> {
  const { name, migrations, tables, partitions } = schema;
  await transaction.query(`DROP SCHEMA IF EXISTS ${quoted(name)} CASCADE`);
  await beginMigrating(transaction, name);
  for (const { filename, statements, checksum } of migrations) {
    if (checksumOf(statements) !== checksum)
      throw new Error(`the migration ${filename} in it is not what it was`);
    await transaction.query(statements);
  }
  const made = await existingNames(transaction, name);
  for (const { name: child, parent, bound, key } of partitions) {
    if (made.has(child)) continue;
    const further = key === null ? '' : ` PARTITION BY ${key}`;
    await transaction.query(
      `CREATE TABLE ${tableName(name, child)} PARTITION OF ${tableName(name, parent)} ${bound}${further}`,
    );
  }
  const there = new Set((await tablesOf(transaction, name)).map((table) => table.name));
  const missing = tables.find((table) => !there.has(table.name));
  if (missing !== undefined)
    throw new Error(`its migrations do not make the table ${name}.${missing.name}`);
}

async function existingNames(
  transaction: Transaction,
  schema: string,
): Promise<ReadonlySet<string>> {
  const { rows } = await transaction.query<{ name: string }>(
    'SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace',
    [quoted(schema)],
  );
  return new Set(rows.map(({ name }) => name));
}

async function loadTable(
  transaction: Transaction,
  { schema, name }: TableName,
  known: ReadonlyMap<string, SavedTable['columns']>,
  archive: ArchiveReader,
  progress: JobProgress,
): Promise<number> {
  const table = tableName(schema, name);
  const columns = known.get(table);
  if (columns === undefined)
    throw new Error(`it holds rows of ${table}, which it does not describe`);
  const hash = createHash('sha256');
  const found: { sum: TableSum | null } = { sum: null };
  async function* data(): AsyncGenerator<Buffer> {
    for (;;) {
      const frame = await archive.next();
      if (frame.kind === 'E') found.sum = frame.sum;
      if (frame.kind === 'E') return;
      if (frame.kind !== 'D') throw new Error('its parts are not in order');
      hash.update(frame.data);
      progress.bytes(archive.bytes);
      yield frame.data;
    }
  }
  const list = columns.map(quoted).join(', ');
  const rows = await transaction.copyFrom(`COPY ${table} (${list}) FROM STDIN`, data());
  progress.rows(rows);
  if (found.sum?.sha256 !== hash.digest('hex')) throw new Error(`the rows of ${table} are damaged`);
  const { content, rows: counted } = await contentOf(transaction, table, columns);
  if (rows !== found.sum.rows || counted !== rows || content !== found.sum.content)
    throw new Error(
      `${table} came out with ${counted} rows that are not the ${found.sum.rows} that were saved`,
    );
  return rows;
}
