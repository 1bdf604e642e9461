/** What must not get into the way of rows that are loaded in any order, and is put back after them. */
import type { Transaction } from '../../api/database.ts';
import type { SavedSchema } from './archive-format.ts';
import { tableName } from './table-sum.ts';

/**
 * Empties the tables of what migrations have put there, and switches triggers and foreign keys off.
 * The function that it resolves with puts them back, which checks every foreign key.
 */
export async function closeForLoading(
  transaction: Transaction,
  schemas: readonly SavedSchema[],
): Promise<() => Promise<void>> {
  const tables = schemas.flatMap(({ name, tables: list }) =>
    list.map((table) => tableName(name, table.name)),
  );
  const names = schemas.map(({ name }) => name);
  await transaction.query(`TRUNCATE ${tables.join(', ')}`);
  const keys = await foreignKeys(transaction, names);
  for (const { table, name } of keys)
    await transaction.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const table of tables) await transaction.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  return async () => {
    for (const table of tables) await transaction.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
    for (const { table, name, definition } of keys)
      await transaction.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
    for (const { name: schema, sequences } of schemas) {
      for (const { name, value } of sequences)
        await transaction.query('SELECT setval($1::regclass, $2::bigint)', [
          tableName(schema, name),
          value,
        ]);
    }
    for (const table of tables) await transaction.query(`ANALYZE ${table}`);
  };
}

interface ForeignKey {
  readonly table: string;
  readonly name: string;
  readonly definition: string;
}

/** Those of partitions go and come with their parent's. */
async function foreignKeys(
  transaction: Transaction,
  schemas: readonly string[],
): Promise<readonly ForeignKey[]> {
  const { rows } = await transaction.query<ForeignKey>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name,
       pg_get_constraintdef(c.oid) AS definition
     FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace
     WHERE c.contype = 'f' AND c.conparentid = 0 AND n.nspname = ANY ($1)`,
    [schemas],
  );
  return rows;
}
