/**
 * Tables without borders: columns aligned by display width, two spaces between them. Piped output is
 * never cut; on a narrower terminal whole columns go, the least important first, and the caller
 * learns which, so that nothing disappears unsaid.
 */
import type { Paint, Style } from './color.ts';
import { displayWidth, escapeControls, padDisplay } from './display.ts';

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** 0 is never dropped; of the others the highest number goes first. */
  readonly priority: number;
  readonly align?: 'right';
  readonly style?: (row: Row) => Style | undefined;
}

export interface TableLayout {
  readonly lines: readonly string[];
  /** Titles of the columns that did not fit, in the order of the table. */
  readonly hidden: readonly string[];
}

const gap = '  ';

/** @param columnsMax the terminal's width; null where nothing may be dropped (a pipe, a file) */
export function layoutTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  { columnsMax, paint }: { readonly columnsMax: number | null; readonly paint: Paint },
): TableLayout {
  const measured = columns.map((column) => measure(column, rows));
  const shown = columnsMax === null ? measured : fit(measured, columnsMax);
  const header = joinCells(shown.map(({ column, width }) => pad(column, column.title, width)));
  const body = rows.map((row, index) =>
    joinCells(
      shown.map(({ column, cells, width }) => {
        const padded = pad(column, cells[index] ?? '', width);
        const style = column.style?.(row);
        return style === undefined ? padded : paint(style, padded);
      }),
    ),
  );
  const hidden = measured.filter((one) => !shown.includes(one)).map(({ column }) => column.title);
  return { lines: [paint('dim', header), ...body], hidden };
}

interface Measured<Row> {
  readonly column: Column<Row>;
  readonly cells: readonly string[];
  readonly width: number;
}

function measure<Row>(column: Column<Row>, rows: readonly Row[]): Measured<Row> {
  const cells = rows.map((row) => escapeControls(column.value(row)));
  const width = Math.max(displayWidth(column.title), ...cells.map(displayWidth));
  return { column, cells, width };
}

function fit<Row>(measured: readonly Measured<Row>[], columnsMax: number): Measured<Row>[] {
  let shown = [...measured];
  while (totalWidth(shown) > columnsMax) {
    const droppable = shown.filter(({ column }) => column.priority > 0);
    if (droppable.length === 0) break;
    const lowest = Math.max(...droppable.map(({ column }) => column.priority));
    const last = droppable.filter(({ column }) => column.priority === lowest).at(-1);
    shown = shown.filter((one) => one !== last);
  }
  return shown;
}

function totalWidth<Row>(measured: readonly Measured<Row>[]): number {
  const cells = measured.reduce((sum, { width }) => sum + width, 0);
  return cells + gap.length * Math.max(0, measured.length - 1);
}

function pad<Row>(column: Column<Row>, text: string, width: number): string {
  return padDisplay(text, width, column.align ?? 'left');
}

// Padding after the last cell would wrap on a terminal that is exactly as wide as the table.
function joinCells(cells: readonly string[]): string {
  return cells.join(gap).trimEnd();
}
