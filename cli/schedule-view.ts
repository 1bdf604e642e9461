import type { JobResult, ScheduledJob } from '../rpc/shapes-schedule.ts';
import type { Style } from './color.ts';
import { cutDisplay, escapeControls } from './display.ts';
import type { Output } from './output.ts';
import type { Column } from './table.ts';
import { formatInZone, formatRelative } from './time.ts';

/** One line of the table: the first of a job has all of it, each further one only its next run. */
interface Row {
  readonly job: ScheduledJob;
  readonly at: number;
}

const resultColumnsMax = 48;

/** Every job with its coming runs, and how the days of a cron line with both kinds are meant. */
export function showJobs(jobs: readonly ScheduledJob[], output: Output, nowMs: number): void {
  if (jobs.length === 0) {
    output.note('no jobs are configured');
    return;
  }
  const rows = jobs.flatMap((job) => {
    const runs = Math.max(1, job.next.length);
    return Array.from({ length: runs }, (_, at): Row => ({ job, at }));
  });
  output.table(columnsAt(nowMs), rows);
  for (const { job, spec } of jobs) {
    const rule = dayRule(spec);
    if (rule !== null) output.note(`${job} (${spec}): ${rule}`);
  }
}

/** `nightly  is paused  (next: 2026-11-23 02:00 +03:00)` */
export function showJob(job: ScheduledJob, how: string, output: Output): void {
  const [next] = job.next;
  const when = next === undefined ? 'never' : formatInZone(next, job.timezone);
  output.done(`${job.job}  ${how}  (next: ${when})`);
}

function columnsAt(nowMs: number): Column<Row>[] {
  const first = (show: (job: ScheduledJob) => string) => (row: Row) =>
    row.at === 0 ? show(row.job) : '';
  const lastRun = ({ last_run: at }: ScheduledJob) =>
    at === null ? '-' : formatRelative(at, nowMs);
  return [
    { title: 'JOB', value: first(({ job }) => job), priority: 0 },
    { title: 'SPEC', value: first(({ spec }) => spec), priority: 1 },
    { title: 'ZONE', value: first(({ timezone }) => timezone), priority: 4 },
    { title: 'NEXT', value: nextText, priority: 0 },
    { title: 'PAUSED', value: first(({ paused }) => (paused ? 'paused' : '-')), priority: 2 },
    { title: 'LAST RUN', value: first(lastRun), priority: 3 },
    {
      title: 'RESULT',
      value: first(({ last_result: result }) => resultText(result)),
      priority: 2,
      style: ({ job }) => resultStyle(job.last_result),
    },
  ];
}

function nextText({ job, at }: Row): string {
  const next = job.next[at];
  return next === undefined ? 'never' : formatInZone(next, job.timezone);
}

function resultText(result: JobResult | null): string {
  if (result === null) return '-';
  const { status, error } = result;
  if (error === null) return status;
  return `${status}: ${cutDisplay(escapeControls(error.message), resultColumnsMax)}`;
}

function resultStyle(result: JobResult | null): Style | undefined {
  if (result?.status === 'failed') return 'red';
  return result?.status === 'skipped' || result?.status === 'interrupted' ? 'yellow' : undefined;
}

/** How day of month and weekday go together, for a cron line that says something of both. */
function dayRule(spec: string): string | null {
  const [, , monthDay, , weekday] = spec.trim().split(/\s+/);
  // A time of day has a colon, a cron line has none.
  if (spec.includes(':') || monthDay === undefined || weekday === undefined) return null;
  if (monthDay === '*' || weekday === '*') return null;
  const isBoth = monthDay.startsWith('*') || weekday.startsWith('*');
  return isBoth
    ? 'a date runs when day of month and weekday fit, both'
    : 'a date runs when day of month or weekday fits, either';
}
