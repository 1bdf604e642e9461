/** Rows as a batch carries them: arrays of a column each for `unnest`, and JSON for the disk. */
import type { BatchRow, BatchValue } from './batch-options.ts';
import { quoted } from './server.ts';

export class RowForm<Row extends BatchRow<keyof Row>> {
  readonly #columns: readonly (keyof Row & string)[];
  /** A table expression with a parameter for each column. */
  readonly batch: string;

  /** Throws a RangeError when there is no column, or a type that is none. */
  constructor(types: Readonly<Record<keyof Row & string, string>>) {
    this.#columns = Object.keys(types) as (keyof Row & string)[];
    const wrong = Object.entries<string>(types).find(([, type]) => !typePattern.test(type));
    if (this.#columns.length === 0 || wrong !== undefined)
      throw new RangeError(`a batch cannot have the column ${wrong?.join(' ') ?? 'of no name'}`);
    const arrays = this.#columns.map((column, index) => `$${index + 1}::${types[column]}[]`);
    const names = this.#columns.map(quoted);
    this.batch = `unnest(${arrays.join(', ')}) AS batch (${names.join(', ')})`;
  }

  /** The parameters of a statement with `batch` in it: an array literal for each column. */
  values(rows: readonly Row[]): string[] {
    return this.#columns.map((column) => {
      let literal = '{';
      let separator = '';
      for (const row of rows) {
        literal += separator + element(row[column]);
        separator = ',';
      }
      return `${literal}}`;
    });
  }

  /** About what a row takes up in memory. */
  bytesOf(row: Row): number {
    let bytes = 64;
    for (const column of this.#columns) {
      const value = row[column];
      bytes += typeof value === 'string' ? 16 + value.length : 16;
    }
    return bytes;
  }

  /** Names its columns, so that a later version of the program can read it. */
  toJson(rows: readonly Row[]): string {
    const columns = this.#columns;
    const list = rows.map((row) => columns.map((column) => storable(row[column])));
    return JSON.stringify({ columns, rows: list });
  }

  /** What `toJson` was given; columns that were unknown then are null. */
  fromJson(text: string): Row[] {
    const { columns, rows } = JSON.parse(text) as { columns: string[]; rows: Stored[][] };
    const places = this.#columns.map((column) => [column, columns.indexOf(column)] as const);
    return rows.map((row) => {
      const entries = places.map(([column, place]) => [column, restored(row[place] ?? null)]);
      return Object.fromEntries(entries) as Row;
    });
  }
}

/** Of a value that JSON does not know: a time in milliseconds, or a number such as NaN. */
type Stored =
  string | number | boolean | null | { readonly at: number | null } | { readonly number: string };

const typePattern = /^[a-z][a-z0-9_ ]*(\(\d+(,\d+)?\))?$/;
const special = /[\\"]/;

function element(value: BatchValue | undefined): string {
  if (value === null || value === undefined) return 'NULL';
  if (value instanceof Date) return `"${time(value)}"`;
  if (typeof value !== 'string') return String(value);
  return special.test(value) ? `"${value.replaceAll(/[\\"]/g, String.raw`\$&`)}"` : `"${value}"`;
}

/** One that is none is left to the database, which refuses it. */
function time(at: Date): string {
  return Number.isNaN(at.getTime()) ? 'not a time' : at.toISOString();
}

function storable(value: BatchValue | undefined): Stored {
  if (value instanceof Date) return { at: value.getTime() };
  if (typeof value === 'number' && !Number.isFinite(value)) return { number: String(value) };
  return value ?? null;
}

function restored(value: Stored): BatchValue {
  if (typeof value !== 'object' || value === null) return value;
  return 'at' in value ? new Date(value.at ?? Number.NaN) : Number(value.number);
}
