/** A figure from 0 to 100 as a bar, and the colours that the thresholds give it. */
import type { Paint, Style } from '../color.ts';

export interface Thresholds {
  readonly elevation_threshold: number;
  readonly critical_threshold: number;
}

const leftBlocks = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];
const lowBlocks = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Yellow from the one threshold on, red from the other on. */
export function stressStyle(total: number, thresholds: Thresholds): Style {
  if (total >= thresholds.critical_threshold) return 'red';
  return total >= thresholds.elevation_threshold ? 'yellow' : 'green';
}

/** Exactly `columns` wide, the empty part too. */
export function drawGauge(
  total: number,
  thresholds: Thresholds,
  { columns, paint }: { readonly columns: number; readonly paint: Paint },
): string {
  const eighths = Math.round((Math.min(100, Math.max(0, total)) / 100) * columns * 8);
  const bar = '█'.repeat(Math.floor(eighths / 8)) + (leftBlocks[eighths % 8] ?? '');
  const rest = '░'.repeat(columns - bar.length);
  return paint(stressStyle(total, thresholds), bar) + paint('dim', rest);
}

/** The part of a column that lies between two heights. */
export function blockBetween(value: number, low: number, high: number): string {
  const eighths = Math.round(((value - low) / (high - low)) * 8);
  return lowBlocks[Math.min(8, Math.max(0, eighths))] ?? ' ';
}

/** One character for each value, in its colour; a measured 0 shows, what is null does not. */
export function drawSparkline(
  values: readonly (number | null)[],
  thresholds: Thresholds,
  paint: Paint,
): string {
  const cells = values.map((value) =>
    value === null
      ? { text: ' ' }
      : { text: visible(blockBetween(value, 0, 100)), style: stressStyle(value, thresholds) },
  );
  return paintRuns(cells, paint);
}

/** @param block of the lowest row, where an empty one would say that nothing was measured */
export function visible(block: string): string {
  return block === ' ' ? '▁' : block;
}

export interface Cell {
  readonly text: string;
  readonly style?: Style;
}

/** Neighbours of one style are painted at once, which is some tenth of the bytes. */
export function paintRuns(cells: readonly Cell[], paint: Paint): string {
  let painted = '';
  let run = '';
  let style: Style | undefined;
  const end = (): void => {
    painted += style === undefined ? run : paint(style, run);
    run = '';
  };
  for (const cell of cells) {
    if (cell.style !== style && run !== '') end();
    style = cell.style;
    run += cell.text;
  }
  if (run !== '') end();
  return painted;
}
