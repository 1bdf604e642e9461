/** What is done with rows before they are stored: the bad ones apart, a partition for each good one. */
import type { Quarantined } from '../rows.ts';
import { dayOf, type DayTable, dayText } from './days.ts';
import type { Partitions } from './partitions.ts';

export interface SortingParts {
  readonly partitions: Partitions;
  readonly quarantine: (rows: readonly Quarantined[]) => void;
  readonly now: () => number;
}

export interface SortedRows<Row> {
  readonly table: DayTable;
  readonly collector: string;
  /** Why the table cannot hold a row; null when it can. */
  readonly why: (row: Row) => string | null;
}

/** Those rows that can be stored. The others are quarantined. */
export async function sortOut<Row extends { readonly atMs: number }>(
  { partitions, quarantine, now }: SortingParts,
  { table, collector, why }: SortedRows<Row>,
  rows: readonly Row[],
  signal?: AbortSignal,
): Promise<Row[]> {
  const refuse = (row: Row, reason: string) =>
    quarantine([{ collector, atMs: now(), reason, raw: JSON.stringify(row) }]);
  const good: Row[] = [];
  for (const row of rows) {
    const reason = why(row);
    if (reason === null) good.push(row);
    else refuse(row, reason);
  }
  const times = good.map(({ atMs }) => atMs);
  const denied = await partitions.ensure(table, times, signal);
  if (denied.size === 0) return good;
  return good.filter((row) => {
    const day = dayOf(row.atMs);
    if (denied.has(day)) refuse(row, `too many odd days to keep ${dayText(day)}`);
    return !denied.has(day);
  });
}

export function* chunksOf<Row>(rows: readonly Row[], size: number): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}
