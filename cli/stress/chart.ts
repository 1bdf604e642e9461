/** Stress over time, drawn with block characters. Pure. */
import type { Paint } from '../color.ts';
import {
  blockBetween,
  type Cell,
  paintRuns,
  stressStyle,
  type Thresholds,
  visible,
} from './gauge.ts';
import { drawTimeAxis, type TimeSpan } from './time-axis.ts';

export interface Chart {
  readonly span: TimeSpan;
  readonly thresholds: Thresholds;
  /** The peak of each column's stretch, 0 to 100; null where nothing was measured. */
  readonly peaks: readonly (number | null)[];
  /** How many pauses began in each column's stretch; as many as peaks. */
  readonly pauses: readonly number[];
}

/** Columns left of the first stretch. */
export const chartMarginColumns = 6;

/** @param rows the height of the bars; three lines come below them */
export function drawChart(chart: Chart, rows: number, paint: Paint): string[] {
  const { rule, labels } = drawTimeAxis(chart.span, chart.peaks.length);
  const bars = Array.from({ length: rows }, (_, index) =>
    drawRow(chart, { row: rows - 1 - index, rows }, paint),
  );
  return [
    ...bars,
    paint('dim', `  0 └─${rule}`),
    paint('dim', `${' '.repeat(chartMarginColumns)}${labels}`),
    pauseLine(chart, paint),
  ];
}

interface RowPlace {
  /** 0 is the lowest. */
  readonly row: number;
  readonly rows: number;
}

function drawRow({ peaks, thresholds }: Chart, { row, rows }: RowPlace, paint: Paint): string {
  const low = (row * 100) / rows;
  const high = ((row + 1) * 100) / rows;
  const { elevation_threshold: elevation, critical_threshold: critical } = thresholds;
  const threshold = [elevation, critical].find((one) => one >= low && one < high);
  const empty: Cell = threshold === undefined ? { text: ' ' } : { text: '┄', style: 'dim' };
  const cells = peaks.map((peak): Cell => {
    if (peak === null) return row === 0 ? { text: '·', style: 'dim' } : empty;
    const block = blockBetween(peak, low, high);
    const shown = row === 0 ? visible(block) : block;
    return shown === ' ' ? empty : { text: shown, style: stressStyle(peak, thresholds) };
  });
  const label = row === rows - 1 ? 100 : threshold;
  const axis = paint('dim', `${String(label ?? '').padStart(3)} ┤ `);
  return axis + paintRuns(cells, paint);
}

/** A number above nine would need a second column. */
function pauseLine({ pauses }: Chart, paint: Paint): string {
  const cells = pauses.map((count): Cell => {
    if (count === 0) return { text: ' ' };
    return { text: count > 9 ? '+' : String(count), style: 'red' };
  });
  return `${paint('dim', 'paused')}${paintRuns(cells, paint)}`.trimEnd();
}
