/** What happened to a module, as an entry of its journal. Pure. */
import type { JournalEntry } from '../../rpc/shapes.ts';
import type { ExitReport } from '../keeper/protocol.ts';
import type { Cause } from '../supervisor/causes.ts';
import type { Occurrence, Transition } from '../supervisor/context.ts';

export type Words = Pick<JournalEntry, 'kind' | 'text' | 'data'>;

/** Of each line that it wrote last. */
const lineLengthMax = 500;

/** The data are all that must be known of the module when nothing but its journal is left. */
export function transitionInWords(transition: Transition, nowMs: number): Words {
  const { event, from, cause, status } = transition;
  const { state, reason, wanted, pid, depends_on } = status;
  const { restart_count, next_restart_at, last_exit, last_error } = status;
  const known = { state, reason, wanted, pid, restart_count, next_restart_at };
  const data = { event, from, cause, ...known, last_exit, last_error, depends_on };
  return { ...tell(transition, nowMs), data };
}

export function occurrenceInWords(occurrence: Occurrence): Words {
  switch (occurrence.kind) {
    case 'asked': {
      const { wish, cause } = occurrence;
      const params = wish.kind === 'up' ? wish.params : null;
      const why = wish.kind === 'halt' ? wish.why : null;
      const until =
        wish.kind === 'down' && wish.until !== null ? ' until the schedule starts it' : '';
      const asks = `${nameOf(cause)}: ${wishes[wish.kind]}${until}`;
      const text = [asks, ...(why === null ? [] : [why])];
      return {
        kind: 'asked',
        text: text.join(', because: '),
        data: { wish: wish.kind, cause, params, why },
      };
    }
    case 'exit': {
      const { exit, asked } = occurrence;
      const { code, signal, reason, uptimeMs } = exit;
      const output = exit.output.map((line) => line.slice(0, lineLengthMax));
      const facts = { code, signal, reason, uptime: uptimeMs / 1000, asked };
      return { kind: 'exit', text: exitInWords(exit, asked), data: { ...facts, output } };
    }
    case 'held': {
      const { waitMs } = occurrence;
      const text = `too many restarts of all modules at once: it waits ${durationInWords(waitMs)} more`;
      return { kind: 'restart', text, data: { held_ms: Math.round(waitMs) } };
    }
    case 'health': {
      const { health, why } = occurrence;
      const text = why === null ? health : `${health}: ${why}`;
      return { kind: 'health', text, data: { health, why } };
    }
    case 'wants': {
      const { health } = occurrence.status;
      const missed = occurrence.missed.join(', ');
      const why = missed === '' ? null : `it runs without ${missed}, which it wants`;
      const text = why === null ? 'it has what it wants again' : `${health}: ${why}`;
      return { kind: 'health', text, data: { health, why } };
    }
    case 'machine_restarted':
      return { kind: 'machine', text: 'it ran until the machine went down', data: {} };
  }
}

/** `ended by SIGKILL after 3 min 12 s`, `exit code 7 after 2 s` */
function exitInWords({ code, signal, reason, uptimeMs }: ExitReport, asked: boolean): string {
  const run = `after ${durationInWords(uptimeMs)}`;
  if (reason === 'custody_lost') {
    return `ended ${run} while no keeper ran, so how is not known`;
  }
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `ended by ${signal}`;
  return `${how} ${run}${asked ? ', as it was asked to end' : ''}`;
}

function tell(transition: Transition, nowMs: number): { kind: string; text: string } {
  const { event, to, cause, status, maxRestarts } = transition;
  const { reason, restart_count: count, next_restart_at: nextRestartAt } = status;
  const pid = status.pid === null ? '' : `, pid ${status.pid}`;
  switch (event) {
    case 'launch': {
      const number = cause?.by === 'restart_policy' ? `: restart ${count} of ${maxRestarts}` : '';
      return { kind: 'state', text: `${to}${number || behind(cause)}` };
    }
    case 'adopt': {
      const run = status.uptime === null ? '' : `, up ${durationInWords(status.uptime * 1000)}`;
      return { kind: 'adopted', text: `a new daemon has taken it over${pid}${run}` };
    }
    case 'ready':
      return { kind: 'state', text: `${to}${pid}` };
    case 'end':
      return { kind: 'state', text: `${to}${behind(cause) || why(reason)}` };
    case 'gone':
      return { kind: 'state', text: `${to}${why(reason)}` };
    case 'back_off': {
      const waitMs = nextRestartAt === null ? 0 : Date.parse(nextRestartAt) - nowMs;
      const wait = `starts again in ${durationInWords(waitMs)}`;
      return reason === 'no_keeper'
        ? { kind: 'restart', text: `no keeper to launch it: ${wait}, which does not count` }
        : { kind: 'restart', text: `${wait} (restart ${count + 1} of ${maxRestarts})` };
    }
    case 'give_up': {
      const next = nextRestartAt === null ? '' : `; retry_failed tries again at ${nextRestartAt}`;
      return { kind: 'state', text: `${to}${why(reason)}${next}` };
    }
    case 'import_failure':
      return { kind: 'state', text: `cannot be launched: ${reason ?? 'no reason is known'}` };
  }
}

/** Empty for what the entry before it tells: somebody asked. */
function behind(cause: Cause | null): string {
  switch (cause?.by) {
    case 'autostart':
      return ': autostart';
    case 'memory':
      return ': an operator had started it before this daemon came';
    case 'dependency':
      return `: because of ${cause.module}, which it depends on`;
    case 'dependant':
      return `: ${cause.module} needs it`;
    case 'restart_policy':
      return ': the next try after a crash';
    case 'retry_failed':
      return ': retry_failed tries again';
    case 'shutdown':
      return ': the daemon stops';
    case 'reload':
      return ': its configuration has changed';
    case 'schedule':
      return `: ${cause.job} of the schedule`;
    case 'operator':
    case 'module':
    case 'daemon':
    case undefined:
      return '';
  }
}

const reasons: Readonly<Record<string, string>> = {
  finished: 'it did its work',
  dependency_stopped: 'a dependency is stopped',
  dependency_failed: 'a dependency has failed',
  disabled: 'it is disabled',
  schedule: 'until the schedule starts it',
  shutdown: 'the daemon stops',
  restart: 'to start anew',
  start_timeout: 'it did not get ready in time',
  reclaimed: 'nobody read its output for a while, so it is started anew',
  unhealthy: 'its health checks failed',
  memory: 'it used more memory than its limit',
  cpu: 'it used more CPU than its limit',
  gone: 'its process was gone',
  restart_limit: 'it has used up its restarts',
  crashed: 'it crashed, and its restart policy is never',
  exit_78: 'it says that its configuration is wrong',
  stop_failed: 'a process of it cannot be ended',
};

function why(reason: string | null): string {
  if (reason === null) return '';
  return Object.hasOwn(reasons, reason) ? `: ${reasons[reason]}` : ` (${reason})`;
}

const wishes = {
  up: 'start',
  down: 'stop',
  halt: 'halt',
  hours_begin: 'its hours begin',
  hours_end: 'its hours end',
} as const;

function nameOf(cause: Cause): string {
  switch (cause.by) {
    case 'operator':
      return `the operator, by ${cause.method}`;
    case 'module':
      return `the module itself, by ${cause.method}`;
    case 'schedule':
      return `the schedule, job ${cause.job}`;
    case 'dependency':
    case 'dependant':
      return `module ${cause.module}`;
    case 'reload':
    case 'autostart':
    case 'memory':
    case 'restart_policy':
    case 'retry_failed':
    case 'shutdown':
    case 'daemon':
      return `the daemon (${cause.by})`;
  }
}

/** `2 ms`, `1.5 s`, `3 min 12 s`, `5 h 2 min`, `3 d 4 h` */
export function durationInWords(durationMs: number): string {
  const ms = Math.max(0, Math.round(durationMs));
  if (ms < 1000) return `${ms} ms`;
  if (ms < 9950) return `${Math.round(ms / 100) / 10} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1440) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${Math.floor(minutes / 1440)} d ${Math.floor((minutes % 1440) / 60)} h`;
}
