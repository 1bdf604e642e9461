/** The collector for people. */
import type { CollectorCoverage, CollectorStatus } from '../rpc/shapes-collector.ts';
import { showFacts } from './module-view.ts';
import type { Output } from './output.ts';
import type { Column } from './table.ts';
import { formatDuration, formatRelative } from './time.ts';

export function showStatus(status: CollectorStatus, output: Output, nowMs: number): void {
  const listener = status.trade_listener;
  const ago = (time: string | null) => (time === null ? 'never' : formatRelative(time, nowMs));
  const collectors = status.collectors.map((one) => ({ ...one, last: ago(one.last_collect_ts) }));
  output.table(collectorColumns, [
    ...collectors,
    ...(listener === null
      ? []
      : [
          {
            ...listener,
            last: ago(listener.last_insert_ts),
            total_items: listener.trades_inserted,
            error_count: null,
            last_error: null,
          },
        ]),
  ]);
  if (listener !== null) {
    output.line('');
    showFacts(output, [
      ['connections', `${listener.connections_active} (${listener.reconnections} reconnections)`],
      [
        'trades',
        `${listener.trades_received} received, ${listener.trades_inserted} new, back-filled ones too`,
      ],
      ['waiting', `${listener.queue_depth} trades`],
      ['last trade', ago(listener.last_trade_ts)],
    ]);
  }
  output.line('');
  if (status.tables.length > 0) output.table(tableColumns, status.tables);
  else output.note('how much is stored is not known: the database does not answer');
}

type TableRow = CollectorStatus['tables'][number];

interface CollectorLine {
  readonly collector: string;
  readonly state: string;
  readonly restarts: number;
  readonly last: string;
  readonly total_items: number;
  readonly error_count: number | null;
  readonly last_error: string | null;
}

const collectorColumns: readonly Column<CollectorLine>[] = [
  { title: 'COLLECTOR', value: ({ collector }) => collector, priority: 0 },
  {
    title: 'STATE',
    value: ({ state }) => state,
    priority: 0,
    style: ({ state }) => (state === 'running' ? 'green' : 'red'),
  },
  { title: 'ITEMS', value: (row) => String(row.total_items), priority: 0, align: 'right' },
  { title: 'LAST', value: ({ last }) => last, priority: 1 },
  {
    title: 'ERRORS',
    value: ({ error_count: count }) => (count === null ? '-' : String(count)),
    priority: 2,
    align: 'right',
  },
  { title: 'RESTARTS', value: ({ restarts }) => String(restarts), priority: 3, align: 'right' },
  { title: 'LAST ERROR', value: (row) => row.last_error ?? '', priority: 4 },
];

const tableColumns: readonly Column<TableRow>[] = [
  { title: 'TABLE', value: ({ table }) => table, priority: 0 },
  { title: 'ROWS ~', value: ({ rows }) => String(rows), priority: 0, align: 'right' },
  { title: 'SIZE', value: ({ bytes }) => sizeText(bytes), priority: 1, align: 'right' },
  { title: 'DAYS', value: (row) => orDash(row.partitions || null), priority: 2, align: 'right' },
  { title: 'SINCE', value: (row) => row.oldest_day ?? '-', priority: 2 },
];

export function showCoverage(coverage: CollectorCoverage, output: Output, nowMs: number): void {
  if (coverage.days.length === 0) {
    output.note(`nothing was collected since ${coverage.since}`);
    return;
  }
  output.table(dayColumns, coverage.days);
  const away = coverage.streams.filter(({ expected, connected }) => expected && !connected);
  for (const { stream, last_frame_at: last } of away) {
    const since = last === null ? 'it never was' : `last frame ${formatRelative(last, nowMs)}`;
    output.note(`${stream} is not connected: ${since}`);
  }
  if (coverage.gaps.length === 0) return;
  output.line('');
  output.table(gapColumns, coverage.gaps);
  const left = coverage.gaps_total - coverage.gaps.length;
  if (left > 0) output.note(`(${left} older gaps left out)`);
}

const dayColumns: readonly Column<CollectorCoverage['days'][number]>[] = [
  { title: 'DAY', value: ({ day }) => day, priority: 0 },
  { title: 'COLLECTOR', value: ({ collector }) => collector, priority: 0 },
  {
    title: 'COMPLETE',
    value: ({ completeness }) => shareText(completeness),
    priority: 0,
    align: 'right',
    style: ({ completeness }) =>
      completeness === null || completeness === 1 ? undefined : 'yellow',
  },
  {
    title: 'MISSING',
    value: (row) => lengthText(row.expected_seconds - row.covered_seconds),
    priority: 1,
    align: 'right',
  },
  { title: 'DROPPED', value: ({ dropped }) => String(dropped), priority: 2, align: 'right' },
  { title: 'QUARANTINED', value: (row) => String(row.quarantined), priority: 2, align: 'right' },
];

const gapColumns: readonly Column<CollectorCoverage['gaps'][number]>[] = [
  { title: 'GAP FROM', value: ({ from }) => from, priority: 0 },
  { title: 'LASTS', value: ({ seconds }) => lengthText(seconds), priority: 0, align: 'right' },
  { title: 'STREAM', value: ({ stream }) => stream, priority: 0 },
  { title: 'REASON', value: ({ reason }) => reason, priority: 1 },
];

/** What is missing is never shown as nothing. */
function lengthText(seconds: number): string {
  return seconds > 0 && seconds < 1 ? '<1s' : formatDuration(seconds);
}

/** Never rounded up to the whole. */
function shareText(share: number | null): string {
  if (share === null) return '-';
  return share === 1 ? '100 %' : `${(Math.floor(share * 100_000) / 1000).toFixed(3)} %`;
}

function sizeText(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.ceil(bytes / 1024)} KB`;
  if (bytes < 1024 ** 3) return `${(bytes / 1024 ** 2).toFixed(1)} MB`;
  return `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}

function orDash(value: number | null): string {
  return value === null ? '-' : String(value);
}
