/** The host's history as text: CSV of everything, and the columns that people look at. */
import type { HistoryRow } from '../../rpc/shapes-stress.ts';
import { csvLine } from '../csv.ts';
import { formatSize } from '../size.ts';
import type { Column } from '../table.ts';
import { percent, rate } from './figures.ts';
import { stressStyle, type Thresholds } from './gauge.ts';

/** Every member of a row, so that one that is added cannot be forgotten. */
const csvColumns = Object.keys({
  at: 0,
  samples: 0,
  stress_total: 0,
  stress_load: 0,
  stress_memory: 0,
  stress_thermal: 0,
  stress_latency: 0,
  stress_io: 0,
  stress_pressure: 0,
  stress_steal: 0,
  interval_ms_max: 0,
  cpu_percent: 0,
  load1: 0,
  io_wait_percent: 0,
  steal_percent: 0,
  memory_available_percent: 0,
  memory_available_bytes: 0,
  swap_used_bytes: 0,
  disk_read_bytes_per_second: 0,
  disk_written_bytes_per_second: 0,
  network_sent_bytes_per_second: 0,
  network_received_bytes_per_second: 0,
  celsius: 0,
  cpu_mhz: 0,
  is_throttled: 0,
  pressure_cpu_percent: 0,
  pressure_memory_percent: 0,
  pressure_io_percent: 0,
} satisfies Record<keyof HistoryRow, 0>) as readonly (keyof HistoryRow)[];

export function historyCsvHeader(): string {
  return csvLine(csvColumns);
}

/** What is unknown is an empty field. */
export function historyCsvLine(row: HistoryRow): string {
  return csvLine(csvColumns.map((name) => row[name]));
}

export function historyColumns(thresholds: Thresholds): readonly Column<HistoryRow>[] {
  const figure = (title: string, priority: number, value: (row: HistoryRow) => string) =>
    ({ title, priority, value, align: 'right' }) as const;
  return [
    { title: 'TIME', value: ({ at }) => at, priority: 0 },
    {
      ...figure('STRESS', 0, (row) => String(Math.round(row.stress_total))),
      style: (row) => stressStyle(row.stress_total, thresholds),
    },
    figure('CPU', 1, (row) => percent(row.cpu_percent)),
    figure('LOAD', 2, ({ load1 }) => load1?.toFixed(2) ?? '-'),
    figure('WAIT', 5, (row) => percent(row.io_wait_percent)),
    figure('STEAL', 4, (row) => percent(row.steal_percent)),
    figure('FREE MEMORY', 1, (row) => percent(row.memory_available_percent)),
    figure('SWAP', 6, (row) => formatSize(row.swap_used_bytes)),
    figure('READ', 3, (row) => rate(row.disk_read_bytes_per_second)),
    figure('WRITTEN', 3, (row) => rate(row.disk_written_bytes_per_second)),
    figure('SAMPLES', 7, ({ samples }) => String(samples)),
  ];
}
