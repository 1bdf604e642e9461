import type { Transaction } from '../../api/database.ts';
import { quoted } from '../../api/database/server.ts';

/** A table as statements name it. */
export function tableName(schema: string, name: string): string {
  return `${quoted(schema)}.${quoted(name)}`;
}

/** Has values read as text be the same on every server, whatever its settings are. */
export async function settleText(transaction: Transaction): Promise<void> {
  const settings = {
    datestyle: 'ISO, YMD',
    intervalstyle: 'postgres',
    timezone: 'UTC',
    bytea_output: 'hex',
    extra_float_digits: '1',
  };
  for (const [name, value] of Object.entries(settings))
    await transaction.query(`SET LOCAL ${name} = '${value}'`);
}

/** Of all rows of a table, whatever their order: how many there are, and the sum of their hashes. */
export async function contentOf(
  transaction: Transaction,
  table: string,
  columns: readonly string[],
): Promise<{ readonly rows: number; readonly content: string }> {
  const row = `ROW(${columns.map(quoted).join(', ')})::text COLLATE "C"`;
  const { rows } = await transaction.query<{ count: string; sum: string }>(
    `SELECT count(*) AS count, coalesce(sum(hashtextextended(${row}, 0)::numeric), 0) AS sum FROM ${table}`,
  );
  const [sum] = rows;
  return { rows: Number(sum?.count), content: sum?.sum ?? '' };
}
