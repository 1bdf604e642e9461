/** Everything at one moment into one file, while everybody goes on writing. */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Database, Transaction } from '../../api/database.ts';
import { migrationLock } from '../../api/database/migrate.ts';
import { quoted } from '../../api/database/server.ts';
import type { JobProgress } from '../job.ts';
import type { SavedSchema, SavedTable } from './archive-format.ts';
import { ArchiveWriter } from './archive-writer.ts';
import { migratedSchemas, savedSchema, tablesOf } from './catalogue.ts';
import { contentOf, settleText, tableName } from './table-sum.ts';

/** A backup may take as long as it takes; what is stuck shows in its progress. */
const timeoutMs = 24 * 3600 * 1000;

/** Rejects, and leaves no file, when anything of it does not work. */
export async function backUp(
  database: Database,
  file: string,
  progress: JobProgress,
  signal: AbortSignal,
): Promise<void> {
  const archive = await ArchiveWriter.create(file);
  try {
    // Held by another session: in the one that reads, a query before its locks would fix its moment.
    await database.transaction(
      async (locks) => {
        const schemas = await migratedSchemas(locks);
        if (schemas.length === 0) throw new Error('there is nothing in it that a module has made');
        for (const schema of schemas)
          await locks.query(`SELECT pg_advisory_xact_lock_shared(${migrationLock})`, [schema]);
        const tables = await Promise.all(schemas.map((schema) => tableNames(locks, schema)));
        await database.transaction(
          async (snapshot) => {
            await snapshot.query(`LOCK TABLE ${tables.flat().join(', ')} IN ACCESS SHARE MODE`);
            await copyAll(snapshot, schemas, archive, progress);
          },
          { isolation: 'repeatable read', isReadOnly: true, attemptsMax: 1, timeoutMs, signal },
        );
      },
      { attemptsMax: 1, timeoutMs, signal },
    );
    progress.step('writing the file to the disk');
    await archive.finish();
    progress.bytes(archive.bytes);
  } catch (error) {
    // What a full disk has broken off says nothing of the disk.
    const { failure } = archive;
    await archive.discard();
    throw failure ?? error;
  }
}

async function tableNames(locks: Transaction, schema: string): Promise<string[]> {
  return (await tablesOf(locks, schema)).map(({ name }) => tableName(schema, name));
}

async function copyAll(
  snapshot: Transaction,
  names: readonly string[],
  archive: ArchiveWriter,
  progress: JobProgress,
): Promise<void> {
  await settleText(snapshot);
  const schemas: SavedSchema[] = [];
  for (const name of names) schemas.push(await savedSchema(snapshot, name));
  progress.total(await estimatedRows(snapshot, names));
  const { rows } = await snapshot.query<{ server_version: string }>('SHOW server_version');
  const server_version = rows[0]?.server_version ?? '';
  const created_at = new Date().toISOString();
  await archive.write({ kind: 'H', header: { created_at, server_version, schemas } });
  const end = { tables: 0, rows: 0 };
  for (const { name: schema, tables } of schemas) {
    for (const table of tables) {
      progress.step(`${schema}.${table.name}`);
      end.rows += await copyTable(snapshot, schema, table, archive, progress);
      end.tables += 1;
      progress.tables(end.tables);
    }
  }
  await archive.write({ kind: 'Z', end });
}

async function copyTable(
  snapshot: Transaction,
  schema: string,
  { name, columns }: SavedTable,
  archive: ArchiveWriter,
  progress: JobProgress,
): Promise<number> {
  await archive.write({ kind: 'T', table: { schema, name } });
  const hash = createHash('sha256');
  const table = tableName(schema, name);
  // Not the table itself: a partitioned one cannot be copied.
  const select = `SELECT ${columns.map(quoted).join(', ')} FROM ${table}`;
  const rows = await snapshot.copyTo(`COPY (${select}) TO STDOUT`, async (chunks: Readable) => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await archive.write({ kind: 'D', data: chunk });
      progress.rows(lines(chunk));
      progress.bytes(archive.bytes);
    }
  });
  const sum = await contentOf(snapshot, table, columns);
  if (sum.rows !== rows)
    throw new Error(`of ${sum.rows} rows of ${table} COPY has given ${rows}: that cannot be`);
  const sha256 = hash.digest('hex');
  await archive.write({ kind: 'E', sum: { rows, sha256, content: sum.content } });
  return rows;
}

/** Of partitions too; what was never analysed counts as nothing. */
async function estimatedRows(snapshot: Transaction, schemas: readonly string[]): Promise<number> {
  const { rows } = await snapshot.query<{ rows: number }>(
    `SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 AS rows
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind = 'r' AND n.nspname = ANY ($1)`,
    [schemas],
  );
  return Math.round(rows[0]?.rows ?? 0);
}

/** In COPY's text a row ends with a line feed, and none is inside. */
function lines(chunk: Buffer): number {
  let count = 0;
  for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) count += 1;
  return count;
}
