/** The watch screen as lines. Pure. */
import type { StressSample } from '../../../rpc/shapes-stress.ts';
import type { Paint } from '../../color.ts';
import { cutDisplay, escapeControls, padDisplay } from '../../display.ts';
import { showFacts } from '../../module-view.ts';
import { formatElapsed, formatRelative } from '../../time.ts';
import { drawChart } from '../chart.ts';
import { eventColumns } from '../event-view.ts';
import { drawGauge, drawSparkline } from '../gauge.ts';
import { chartOf, historySummary, spanText } from '../history-chart.ts';
import { chartColumns } from '../history.ts';
import { hostFacts, levelText, processColumns } from '../status-view.ts';
import { Lines } from './lines.ts';
import { type Picture, recentMs, recentPoints } from './picture.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** How many of the newest any view may show. */
export const eventsShown = 100;

const labelColumns = 9;
const gaugeColumnsMax = 60;
const partColumns = 20;
/** What fills a part's bar. */
const partPointsMax = 40;

/** At most as many lines as there are rows; the last one tells the keys. */
export function drawFrame(
  picture: Picture,
  { columns, rows }: ScreenSize,
  nowMs: number,
  paint: Paint,
): string[] {
  const lines = new Lines(columns, paint);
  drawHead(picture, columns, nowMs, lines);
  const rowsLeft = rows - lines.lines.length - 1;
  drawView(picture, { columns, rows: rowsLeft }, nowMs, lines);
  const shown = lines.lines.slice(0, rows - 1);
  const blank = Array.from({ length: rows - 1 - shown.length }, () => '');
  return [...shown, ...blank, paint('dim', cutDisplay(keyHelp(picture), columns))];
}

function keyHelp({ view }: Picture): string {
  const other = (name: Picture['view'], key: string) => `${key} ${view === name ? 'back' : name}`;
  return `q quit   r refresh   ${other('events', 'e')}   ${other('history', 'h')}`;
}

/** The gauge and what became of it, the same in every view. */
function drawHead(
  { status, recent, problem }: Picture,
  columns: number,
  nowMs: number,
  { lines, paint }: Lines,
): void {
  const { last_sample: sample, sampling } = status;
  const every = `every ${formatElapsed(sampling.interval_ms)}`;
  const last = sample === null ? 'no sample yet' : `the last ${formatRelative(sample.at, nowMs)}`;
  lines.push(paint('bold', cutDisplay(`stress of the host, sampled ${every}, ${last}`, columns)));
  const total = sample?.stress.total ?? 0;
  const gauge = drawGauge(total, sampling, {
    columns: Math.max(8, Math.min(gaugeColumnsMax, columns - 40)),
    paint,
  });
  lines.push(
    `${'stress'.padEnd(labelColumns)}${gauge} ${Math.round(total)}  ${levelText(status, nowMs)}`,
  );
  const span = { fromMs: nowMs - recentMs, toMs: nowMs, zone: 'UTC' };
  const width = Math.max(8, Math.min(gaugeColumnsMax, columns - labelColumns));
  const moments = { span, points: recentPoints, thresholds: sampling, rows: recent, events: [] };
  const { peaks } = chartOf(moments, width);
  lines.push(`${'10 min'.padEnd(labelColumns)}${drawSparkline(peaks, sampling, paint)}`);
  lines.push(problem === null ? '' : paint('red', cutDisplay(escapeControls(problem), columns)));
}

function drawView(picture: Picture, size: ScreenSize, nowMs: number, lines: Lines): void {
  switch (picture.view) {
    case 'now':
      drawNow(picture, size, nowMs, lines);
      break;
    case 'events':
      drawEvents(picture, size.rows, nowMs, lines);
      break;
    case 'history':
      drawHistory(picture, size, lines);
      break;
    default:
      picture.view satisfies never;
  }
}

function drawNow(
  { status, events }: Picture,
  { columns, rows }: ScreenSize,
  nowMs: number,
  page: Lines,
): void {
  const sample = status.last_sample;
  const before = page.lines.length;
  if (sample !== null) {
    drawParts(sample, columns, page);
    showFacts(
      page,
      hostFacts(sample).map(([name, value]) => [name, cutDisplay(value, columns - 14)] as const),
    );
  }
  const left = rows - (page.lines.length - before);
  // A table needs a blank line and its titles besides its rows.
  const eventRows = Math.max(0, Math.min(events?.length ?? 0, Math.floor(left / 2) - 2));
  const processRows = Math.max(0, left - (eventRows === 0 ? 0 : eventRows + 2) - 2);
  const processes = sample?.processes.slice(0, processRows) ?? [];
  if (processes.length > 0) {
    page.line('');
    page.table(processColumns, processes);
  }
  if (eventRows > 0) {
    page.line('');
    page.table(eventColumns(nowMs), events?.slice(0, eventRows) ?? []);
  }
}

function drawParts({ stress }: StressSample, columns: number, { lines, paint }: Lines): void {
  const parts = Object.entries(stress.parts);
  // The reasons come in this order, one for each part above 0.
  const heavy = parts.filter(([, points]) => points > 0).sort(([, a], [, b]) => b - a);
  for (const [name, points] of parts) {
    const bar = '■'.repeat(
      Math.min(partColumns, Math.ceil((points / partPointsMax) * partColumns)),
    );
    const painted = paint(points > 0 ? 'yellow' : 'dim', padDisplay(bar, partColumns, 'left'));
    const reason = stress.reasons[heavy.findIndex(([heavyName]) => heavyName === name)] ?? '';
    const figure = String(Math.round(points)).padStart(3);
    const text = cutDisplay(escapeControls(reason), Math.max(1, columns - 36));
    lines.push(`${name.padEnd(labelColumns)}${painted} ${figure}  ${paint('dim', text)}`.trimEnd());
  }
}

function drawEvents({ events }: Picture, rows: number, nowMs: number, page: Lines): void {
  if (events === null) page.line('the events are being read …');
  else if (events.length === 0) page.line('no pause and no episode of stress is stored');
  else page.table(eventColumns(nowMs), events.slice(0, Math.max(0, rows - 1)));
}

/** Lines of a history beside its bars: title, axis, times, pauses, summary. */
const historyLines = 5;
const barRowsMin = 3;
const barRowsMax = 20;

function drawHistory({ history }: Picture, { columns, rows }: ScreenSize, page: Lines): void {
  if (history === null) {
    page.line('the last 24 hours are being read …');
    return;
  }
  page.line(page.paint('bold', cutDisplay(spanText(history.span), columns)));
  const barRows = Math.min(barRowsMax, Math.max(barRowsMin, rows - historyLines));
  const chart = chartOf(history, chartColumns(columns));
  page.lines.push(...drawChart(chart, barRows, page.paint));
  page.line(cutDisplay(historySummary(history), columns));
}
