/** Rows of the history and the pauses of the same time, laid into the columns of a chart. Pure. */
import type { HistoryRow, StressEvent } from '../../rpc/shapes-stress.ts';
import { formatElapsed, formatInZone } from '../time.ts';
import type { Chart } from './chart.ts';
import type { Thresholds } from './gauge.ts';
import type { TimeSpan } from './time-axis.ts';

export interface History {
  readonly span: TimeSpan;
  readonly thresholds: Thresholds;
  /** How many stretches the rows are of. */
  readonly points: number;
  readonly rows: readonly Pick<HistoryRow, 'at' | 'stress_total'>[];
  /** Of all kinds; the newest first. */
  readonly events: readonly StressEvent[];
}

/**
 * Each column has the highest of the stretches in it; a stretch that is wider than a column fills all
 * that it covers.
 */
export function chartOf(
  { span, points, thresholds, rows, events }: History,
  columns: number,
): Chart {
  const peaks = Array.from({ length: columns }, (): number | null => null);
  const pauses = Array.from({ length: columns }, () => 0);
  for (const { at, stress_total: total } of rows) {
    // A stretch begins on a whole millisecond, which may be just before the next one.
    const stretch = placeOf(Date.parse(at) + 1, span, points);
    const first = Math.floor((stretch * columns) / points);
    const last = Math.max(first, Math.floor(((stretch + 1) * columns) / points) - 1);
    for (let column = Math.max(0, first); column <= last && column < columns; column += 1) {
      peaks[column] = Math.max(peaks[column] ?? 0, total);
    }
  }
  for (const { kind, at } of events) {
    const column = placeOf(Date.parse(at), span, columns);
    if (kind === 'pause' && column in pauses) pauses[column] = (pauses[column] ?? 0) + 1;
  }
  return { span, thresholds, peaks, pauses };
}

/** In which of `count` equal parts of the span it is; below 0 or from `count` on: not in it. */
function placeOf(atMs: number, { fromMs, toMs }: TimeSpan, count: number): number {
  return Math.floor(((atMs - fromMs) / (toMs - fromMs)) * count);
}

/** `2026-11-21 14:20 to 2026-11-22 14:20 +00:00` */
export function spanText({ fromMs, toMs, zone }: TimeSpan): string {
  const [from = '', to = ''] = [fromMs, toMs].map((atMs) =>
    formatInZone(new Date(atMs).toISOString(), zone),
  );
  const offset = to.slice(to.lastIndexOf(' '));
  return `${from.endsWith(offset) ? from.slice(0, -offset.length) : from} to ${to}`;
}

/** What `stress.events` gives at most: of more than that only the newest are counted. */
export const eventsMax = 200;

/** `peak 72 about 2026-11-22 13:04; 3 pauses, at most 12.4 s; elevated 2 times, critical once` */
export function historySummary({ span, rows, events }: History): string {
  const parts = [];
  const peak = rows.reduce<History['rows'][number] | null>(
    (highest, row) => (highest === null || row.stress_total > highest.stress_total ? row : highest),
    null,
  );
  if (peak !== null) {
    const at = formatInZone(peak.at, span.zone).slice(0, '2026-11-22 13:04'.length);
    parts.push(`peak ${Math.round(peak.stress_total)} about ${at}`);
  }
  const longestMs = Math.max(...events.map(({ pause }) => pause?.excess_ms ?? 0), 0);
  if (events.length === eventsMax) parts.push(`of the newest ${eventsMax} events`);
  const pauses = events.filter(({ kind }) => kind === 'pause').length;
  if (pauses === 0) parts.push('no pauses');
  else parts.push(`${pauses} pause${pauses === 1 ? '' : 's'}, at most ${formatElapsed(longestMs)}`);
  for (const kind of ['elevated', 'critical'] as const) {
    const count = events.filter((event) => event.kind === kind).length;
    if (count > 0) parts.push(`${kind} ${count === 1 ? 'once' : `${count} times`}`);
  }
  return parts.join('; ');
}
