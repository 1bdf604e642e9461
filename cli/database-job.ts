/** A backup, restore or migration that the database module does, followed until it is over. */
import type { NotificationParams } from '../rpc/outgoing.ts';
import { RpcError } from '../rpc/errors.ts';
import type { DatabaseJob } from '../rpc/shapes-database.ts';
import { type DaemonConnection, timeoutOf } from './connect.ts';
import { CliError, exitStatus } from './failure.ts';
import { JobNews } from './job-news.ts';
import { openProgress } from './progress.ts';
import type { Session } from './session.ts';
import { formatElapsed } from './time.ts';

const topic = 'database.progress';
/** An event may be lost, and a module that ended tells of nothing. */
const askEveryMs = 1000;
/** Longer than anybody waits. */
const foreverMs = 7 * 24 * 3600 * 1000;

/**
 * Begins a job and shows how far it is: a bar on a terminal's stderr, elsewhere a remark for each step.
 *
 * @throws {CliError} when it failed, at the end of `--timeout` (6) and at Ctrl-C (130); it goes on then
 */
export async function followJob(
  session: Session,
  daemon: DaemonConnection,
  begin: () => Promise<{ readonly job: DatabaseJob }>,
): Promise<DatabaseJob> {
  const { options, interrupted, output } = session;
  const progress = openProgress(session, 'nothing');
  const isPlain = !process.stderr.isTTY && !output.json;
  let shown = '';
  const show = (job: DatabaseJob): void => {
    progress.show(progressLine(job, Date.now()));
    if (isPlain && job.state === 'running' && job.step !== shown)
      output.note(`${job.kind}: ${job.step}`);
    shown = job.step;
  };
  const news = new JobNews();
  daemon.client.onNotification((method, params) => {
    if (method !== 'events.event') return;
    news.tell((params as NotificationParams<'events.event'>).event.data as DatabaseJob);
  });
  await daemon.call('events.subscribe', { topics: [topic] });
  let { job } = await begin();
  const endsAtMs = performance.now() + timeoutOf(options, foreverMs);
  try {
    while (job.state === 'running') {
      show(job);
      if (performance.now() >= endsAtMs) throw goesOn(job, exitStatus.timeout, 'timed out');
      const told = await news.next(askEveryMs, interrupted);
      if (interrupted.aborted) throw goesOn(job, exitStatus.interrupted, 'interrupted');
      job = told?.job_id === job.job_id ? told : await ask(daemon, job);
    }
  } finally {
    progress.clear();
  }
  if (job.state === 'failed') throw new CliError(exitStatus.failed, job.error ?? 'it failed');
  return job;
}

/** How far a job is, in a line. */
export function progressLine(job: DatabaseJob, nowMs: number): string {
  const { kind, step, rows, rows_total: total, bytes, started_at } = job;
  const share = total === null || total === 0 ? null : Math.min(0.99, rows / total);
  const bar = share === null ? '' : ` ${barOf(share)} ${Math.floor(share * 100)}%`;
  const elapsed = formatElapsed(nowMs - Date.parse(started_at));
  return `${kind}${bar}  ${rows.toLocaleString('en')} rows  ${megabytes(bytes)}  ${elapsed}  ${step}`;
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const barColumns = 20;

function barOf(share: number): string {
  const full = Math.round(share * barColumns);
  return `[${'#'.repeat(full)}${'.'.repeat(barColumns - full)}]`;
}

async function ask(daemon: DaemonConnection, { job_id, kind }: DatabaseJob): Promise<DatabaseJob> {
  try {
    return (await daemon.call('database.job', { job_id })).job;
  } catch (error) {
    if (!(error instanceof RpcError) || !error.is('notFound')) throw error;
    throw new CliError(
      exitStatus.failed,
      `the ${kind} was given up: the database module was started anew meanwhile — begin it again`,
    );
  }
}

function goesOn({ kind, job_id }: DatabaseJob, status: number, why: string): CliError {
  return new CliError(
    status,
    `${why}; the ${kind} goes on: superbot-cli rpc call database.job '{"job_id": "${job_id}"}' tells how far it is`,
  );
}
