/** UTC days and the partitions that hold them. Pure. */

export const dayMs = 86_400_000;

/** Of tables with one partition for each day; a name is put into SQL as it is. */
export const dayTables = ['price_snapshots', 'orderbook_snapshots', 'trades'] as const;
export type DayTable = (typeof dayTables)[number];

/** Midnight of the day, which stands for it. */
export function dayOf(atMs: number): number {
  return Math.floor(atMs / dayMs) * dayMs;
}

/** "2026-11-22" */
export function dayText(day: number): string {
  return new Date(day).toISOString().slice(0, 10);
}

/** "trades_p20261122" */
export function partitionName(table: DayTable, day: number): string {
  return `${table}_p${dayText(day).replaceAll('-', '')}`;
}

/** The day in a name that `partitionName` made for the table; null for any other name. */
export function partitionDay(table: DayTable, name: string): number | null {
  const digits = new RegExp(`^${table}_p(\\d{4})(\\d{2})(\\d{2})$`).exec(name);
  if (digits === null) return null;
  const day = Date.UTC(Number(digits[1]), Number(digits[2]) - 1, Number(digits[3]));
  return partitionName(table, day) === name ? day : null;
}
