/** Pauses and episodes of stress for people. */
import type { StressDetail, StressEvent, StressEventKind } from '../../rpc/shapes-stress.ts';
import type { Style } from '../color.ts';
import { escapeControls } from '../display.ts';
import { showFacts } from '../module-view.ts';
import type { Output } from '../output.ts';
import type { Column } from '../table.ts';
import { formatElapsed, formatRelative } from '../time.ts';
import { historyColumns } from './history-rows.ts';
import { drawSparkline, type Thresholds } from './gauge.ts';

type Culprit = StressEvent['culprits'][number];

export function showEvents(events: readonly StressEvent[], output: Output, nowMs: number): void {
  if (events.length === 0) output.note('the host has not paused, and nothing has stressed it');
  else output.table(eventColumns(nowMs), events);
}

export function eventColumns(nowMs: number): readonly Column<StressEvent>[] {
  return [
    { title: 'ID', value: ({ id }) => String(id), priority: 0, align: 'right' },
    { title: 'WHEN', value: ({ at }) => formatRelative(at, nowMs), priority: 0 },
    { title: 'AT', value: ({ at }) => at, priority: 3 },
    {
      title: 'KIND',
      value: ({ kind }) => kind,
      priority: 0,
      style: ({ kind }) => kindStyle(kind),
    },
    { title: 'LASTED', value: lastedText, priority: 0, align: 'right' },
    {
      title: 'STRESS',
      value: ({ stress }) => String(Math.round(stress.total)),
      priority: 1,
      align: 'right',
    },
    { title: 'CAPTURED', value: ({ folder }) => folder ?? '-', priority: 4 },
    { title: 'CULPRITS', value: ({ culprits }) => culpritsText(culprits), priority: 2 },
  ];
}

/** Of a pause what it was too long by: the interval itself was meant. */
export function lastedText({ pause, duration_ms: durationMs }: StressEvent): string {
  if (pause !== null) return formatElapsed(pause.excess_ms);
  return durationMs === null ? 'goes on' : formatElapsed(durationMs);
}

const culpritsShown = 3;

/** `stress-ng (cpu), postgres of database (io)` */
export function culpritsText(culprits: readonly Culprit[]): string {
  const named = culprits.slice(0, culpritsShown).map(culpritText);
  const left = culprits.length - named.length;
  return named.join(', ') + (left > 0 ? ` and ${left} more` : '') || '-';
}

function culpritText({ process: { name, module }, why }: Culprit): string {
  return `${name}${module === null ? '' : ` of ${module}`} (${why})`;
}

export function kindStyle(kind: StressEventKind): Style {
  return kind === 'elevated' ? 'yellow' : 'red';
}

/** All that is known of one, what came before it, and where its capture is. */
export function showEvent(
  { event, before, forensics }: StressDetail,
  thresholds: Thresholds,
  output: Output,
  nowMs: number,
): void {
  const { id, kind, at, pause, stress, notes } = event;
  const { paint } = output;
  output.line(`${paint('bold', `event ${id}`)}  ${paint(kindStyle(kind), kind)}`);
  showFacts(output, [
    ['at', `${at} (${formatRelative(at, nowMs)})`],
    ...(pause === null ? [['lasted', lastedText(event)] as const] : pauseFacts(pause)),
    ['stress', `${Math.round(stress.total)} of 100`],
    ...stress.reasons.map((reason) => ['', reason] as const),
    ...(notes === '' ? [] : [['notes', notes] as const]),
  ]);
  if (event.culprits.length > 0) output.table(culpritColumns, event.culprits);
  if (before.length > 0) {
    const totals = before.map((row) => row.stress_total);
    output.line(`before it  ${drawSparkline(totals, thresholds, paint)}`);
    output.table(historyColumns(thresholds), before);
  }
  if (forensics === null) {
    output.note(
      event.folder === null ? 'nothing was captured' : `its capture ${event.folder} is gone`,
    );
  } else showForensics(forensics, output);
}

function pauseFacts(pause: NonNullable<StressEvent['pause']>): (readonly [string, string])[] {
  const { actual_ms: actualMs, expected_ms: expectedMs, excess_ms: excessMs } = pause;
  return [
    [
      'paused',
      `for ${formatElapsed(excessMs)}: ${formatElapsed(actualMs)} between two samples instead of ${formatElapsed(expectedMs)} (${pause.latency_ratio.toFixed(1)} ×)`,
    ],
    [
      'what paused',
      pause.cause === 'machine' ? 'the whole machine' : 'the monitoring module; the machine ran on',
    ],
  ];
}

const culpritColumns: readonly Column<Culprit>[] = [
  { title: 'PID', value: (row) => String(row.process.pid), priority: 0, align: 'right' },
  { title: 'CULPRIT', value: (row) => row.process.name, priority: 0 },
  { title: 'MODULE', value: (row) => row.process.module ?? '-', priority: 0 },
  { title: 'WHY', value: ({ why }) => why, priority: 0 },
  { title: 'SHARE', value: ({ share }) => share, priority: 0 },
];

type Forensics = NonNullable<StressDetail['forensics']>;

const fileColumns: readonly Column<Forensics['files'][number]>[] = [
  { title: 'FILE', value: ({ name }) => name, priority: 0 },
  {
    title: 'BYTES',
    value: ({ bytes }) => (bytes === null ? '-' : String(bytes)),
    priority: 0,
    align: 'right',
  },
  { title: 'NOTE', value: ({ failure, note }) => failure ?? note ?? '', priority: 0 },
];

function showForensics(
  { path, trigger, is_complete: isComplete, files }: Forensics,
  output: Output,
): void {
  const why = trigger === null ? '' : ` (${escapeControls(trigger)})`;
  output.line(`captured${why}  ${escapeControls(path)}`);
  output.table(fileColumns, files);
  if (!isComplete) output.note('(the capture still goes on, or was interrupted)');
}
