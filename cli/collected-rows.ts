/** Collected rows as text: a line each for a file or a pipe, columns for people. */
import type { MethodResult } from '../rpc/contract.ts';
import type { QueryKind } from '../rpc/shapes-collector.ts';
import { csvLine, type CsvValue } from './csv.ts';
import type { Column } from './table.ts';

export type CollectedRow = MethodResult<'collector.query'>['rows'][number];
export type RowFormat = 'table' | 'csv' | 'ndjson';

const csvColumns: Readonly<Record<QueryKind, readonly string[]>> = {
  trades: ['ts', 'token_id', 'side', 'price', 'size', 'trade_id', 'transaction_hash', 'source'],
  prices: ['ts', 'token_id', 'price', 'volume_24h'],
  books: ['ts', 'token_id', 'spread', 'midpoint', 'is_ghost', 'bids', 'asks'],
};

export function csvHeader(kind: QueryKind): string {
  return csvLine(csvColumns[kind]);
}

/** The levels of a book are JSON in one field. */
export function rowText(format: 'csv' | 'ndjson', kind: QueryKind, row: CollectedRow): string {
  if (format === 'ndjson') return `${JSON.stringify(row)}\n`;
  const values: Readonly<Record<string, unknown>> = row;
  return csvLine(csvColumns[kind].map((name) => csvValue(values[name])));
}

function csvValue(value: unknown): CsvValue {
  if (value === undefined || value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : (value as CsvValue);
}

/** Token ids have 78 digits, which no terminal is wide enough for: the first of them will do. */
export function tableColumns(kind: QueryKind): readonly Column<CollectedRow>[] {
  return tables[kind].map(([title, cell, priority]) => {
    const value = (row: CollectedRow) => cell(row);
    return { title, value, priority };
  });
}

type Cell = (row: Readonly<Record<string, unknown>>) => string;
type CellColumn = readonly [title: string, cell: Cell, priority: number];

const text =
  (name: string): Cell =>
  (row) => {
    const value = row[name];
    return typeof value === 'string' ? value : '-';
  };
const id =
  (name: string): Cell =>
  (row) => {
    const whole = text(name)(row);
    return whole.length > 20 ? `${whole.slice(0, 19)}…` : whole;
  };
const best =
  (side: string): Cell =>
  (row) => {
    const [level] = row[side] as readonly (readonly string[])[];
    return level === undefined ? '-' : `${level[0]} × ${level[1]}`;
  };
const depth: Cell = (row) => ['bids', 'asks'].map((side) => (row[side] as []).length).join('/');

const tables: Readonly<Record<QueryKind, readonly CellColumn[]>> = {
  trades: [
    ['TIME', text('ts'), 0],
    ['TOKEN', id('token_id'), 1],
    ['SIDE', text('side'), 0],
    ['PRICE', text('price'), 0],
    ['SIZE', text('size'), 0],
    ['TRADE', id('trade_id'), 3],
    ['SOURCE', text('source'), 2],
  ],
  prices: [
    ['TIME', text('ts'), 0],
    ['TOKEN', id('token_id'), 0],
    ['PRICE', text('price'), 0],
    ['VOLUME 24H', text('volume_24h'), 1],
  ],
  books: [
    ['TIME', text('ts'), 0],
    ['TOKEN', id('token_id'), 0],
    ['BID', best('bids'), 0],
    ['ASK', best('asks'), 0],
    ['MID', text('midpoint'), 1],
    ['SPREAD', text('spread'), 2],
    ['LEVELS', depth, 3],
  ],
};
