import type { DaemonConnection } from '../connect.ts';
import type { Output } from '../output.ts';
import type { RowTarget } from '../row-target.ts';
import { chartMarginColumns, drawChart } from './chart.ts';
import { chartOf, eventsMax, type History, historySummary, spanText } from './history-chart.ts';
import {
  type HistoryPoints,
  historyPages,
  type HistoryWanted,
  readHistory,
} from './history-pages.ts';
import { historyColumns, historyCsvHeader, historyCsvLine } from './history-rows.ts';
import type { TimeSpan } from './time-axis.ts';

const hourMs = 3_600_000;
const chartRows = 10;
/** Of a chart that goes into a file or a pipe. */
const pipedColumns = 100;
const chartColumnsMin = 20;

/** Until now, told in the zone of whoever looks. */
export function historySpan(hours: number): TimeSpan {
  const toMs = Date.now();
  const { timeZone: zone } = Intl.DateTimeFormat().resolvedOptions();
  return { fromMs: toMs - hours * hourMs, toMs, zone };
}

export function wantedOf({ fromMs, toMs }: TimeSpan): HistoryWanted {
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

export async function showChart(
  output: Output,
  daemon: DaemonConnection,
  span: TimeSpan,
): Promise<void> {
  // A terminal that does not tell its size says 0.
  const width = (output.isTerminal && process.stdout.columns) || pipedColumns;
  const columns = chartColumns(width);
  const history = await readChartHistory(daemon, span, columns);
  output.line(output.paint('bold', `stress of the host, ${spanText(span)}`));
  for (const line of drawChart(chartOf(history, columns), chartRows, output.paint)) {
    output.line(line);
  }
  output.line(historySummary(history));
  if (history.rows.length === 0) output.note('no sample of this time is stored');
}

export function chartColumns(width: number): number {
  return Math.max(chartColumnsMin, width - chartMarginColumns);
}

/** What a chart of so many columns shows. */
export async function readChartHistory(
  daemon: DaemonConnection,
  span: TimeSpan,
  columns: number,
): Promise<History> {
  const wanted = wantedOf(span);
  const { sampling } = await daemon.call('stress.status', {});
  // A stretch without a sample would look as if nothing had been measured.
  const pointsMax = Math.floor((span.toMs - span.fromMs) / sampling.normal_interval_ms / 2);
  const points = Math.max(1, Math.min(columns, pointsMax));
  const [{ events }, rows] = await Promise.all([
    daemon.call('stress.events', { since: wanted.from, limit: eventsMax }),
    readHistory(daemon, { ...wanted, points }),
  ]);
  return { span, points, thresholds: sampling, rows, events };
}

export async function showTable(
  output: Output,
  daemon: DaemonConnection,
  wanted: HistoryPoints,
): Promise<void> {
  const { sampling } = await daemon.call('stress.status', {});
  const rows = await readHistory(daemon, wanted);
  if (rows.length === 0) output.note(`no sample from ${wanted.from} to ${wanted.to} is stored`);
  else output.table(historyColumns(sampling), rows);
}

/** As they come, one row on a line: a month of samples fits no memory. */
export async function writeRows(
  { closed }: Output,
  target: RowTarget,
  daemon: DaemonConnection,
  wanted: HistoryWanted,
  format: 'json' | 'csv',
): Promise<void> {
  await target.write(format === 'csv' ? historyCsvHeader() : '{"rows":[');
  let separator = '\n';
  for await (const page of historyPages(daemon, wanted)) {
    // Where nobody reads any more, nothing more is asked for.
    if (closed.aborted) return;
    if (format === 'csv') await target.write(page.map(historyCsvLine).join(''));
    else if (page.length > 0) {
      await target.write(separator + page.map((row) => JSON.stringify(row)).join(',\n'));
      separator = ',\n';
    }
  }
  if (format === 'json') await target.write('\n],"next":null}\n');
}
