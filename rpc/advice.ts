/** What to do next about a module, in words that can be followed at three in the morning. Pure. */
import type { ModuleStatus } from './shapes.ts';

/** What advice is given on; a ModuleStatus is one. */
export type LastKnown = Pick<
  ModuleStatus,
  | 'state'
  | 'reason'
  | 'health'
  | 'pid'
  | 'restart_count'
  | 'next_restart_at'
  | 'last_exit'
  | 'last_error'
  | 'depends_on'
>;

/** One or two sentences; a command to type is named in full, in backquotes. */
export function adviceFor(
  module: string,
  known: LastKnown,
  { daemonRuns }: { daemonRuns: boolean },
): string {
  if (daemonRuns) return byState(module, known);
  const isUp = known.state !== 'stopped' && !hasGivenUp(known);
  const first = 'the daemon is not running: start it with `superbot-cli daemon start`';
  if (isUp || known.reason === 'shutdown') {
    return `${first}; it takes "${module}" over if that still runs, and starts it if it is wanted`;
  }
  return `${first}; then: ${byState(module, known)}`;
}

function hasGivenUp({ state }: LastKnown): boolean {
  return state === 'failed' || state === 'import_failed';
}

function byState(module: string, known: LastKnown): string {
  const { state, reason, last_error: lastError, next_restart_at: nextRestartAt } = known;
  switch (state) {
    case 'running':
      return whileRunning(module, known);
    case 'starting':
      return whileStarting(module, known);
    case 'stopping':
      return `it has its stop timeout to end by itself; \`superbot-cli module stop ${module} --force\` ends it at once`;
    case 'restarting': {
      const when = nextRestartAt === null ? 'soon' : `at ${nextRestartAt}`;
      const stop = `\`superbot-cli module stop ${module}\` keeps it down`;
      return reason === 'no_keeper'
        ? `mend why no keeper can be started (${lastError ?? 'unknown'}; see keeper.log and daemon.log in the logs folder of the home); it is tried again ${when}, and that does not count as a crash`
        : `it starts again by itself ${when}; ${stop} while you look at \`superbot-cli logs -m ${module}\``;
    }
    case 'stopped':
      return whileStopped(module, known);
    case 'failed':
      return afterFailure(module, known);
    case 'import_failed':
      return `it could not be launched: ${lastError ?? 'no reason is known'}. Install or correct what is missing, then \`superbot-cli module start ${module}\`; it is not tried again before`;
  }
}

function whileStarting(module: string, { pid, depends_on: dependencies }: LastKnown): string {
  if (pid !== null || dependencies.length === 0) {
    return `it is not ready yet: watch it with \`superbot-cli logs -f -m ${module}\``;
  }
  return `it waits for what it depends on (${dependencies.join(', ')}) and starts by itself when that is up: \`superbot-cli health\` shows what is not, \`superbot-cli module explain ${nameOf(dependencies)}\` why`;
}

function whileRunning(
  module: string,
  { health, restart_count: count, last_error: lastError }: LastKnown,
): string {
  if (health === 'unhealthy') {
    return `it runs but does not work: \`superbot-cli health\` says why. It is restarted by itself where its policy allows it and it does not say that this would not help; \`superbot-cli module restart ${module}\` does it now`;
  }
  if (health === 'degraded') {
    return 'it runs, but not all is well: `superbot-cli health` says why';
  }
  if (count === 0) return 'it runs: nothing to do';
  const last = lastError === null ? '' : ` (last: ${lastError})`;
  return `it runs, but was restarted ${times(count)}${last}: read \`superbot-cli logs -m ${module} -n 100\` before it happens again`;
}

function whileStopped(module: string, known: LastKnown): string {
  const { reason, last_error: lastError } = known;
  const start = `\`superbot-cli module start ${module}\``;
  const { depends_on: dependencies } = known;
  const one = nameOf(dependencies);
  const which = `what it depends on (${dependencies.join(', ') || 'see depends_on in daemon.yaml'})`;
  switch (reason) {
    case 'operator':
      return `an operator stopped it and it stays down, also over restarts and reboots: ${start} brings it back`;
    case 'finished':
      return `it did its work and ended with code 0: nothing to do; ${start} runs it again`;
    case 'halted':
      return `it stopped itself on purpose (${lastError ?? 'it gave no reason'}) and stays down: make sure that the cause is gone, then ${start}`;
    case 'schedule':
      return `the schedule keeps it down and starts it by itself: \`superbot-cli schedule list\` says when; ${start} starts it now`;
    case 'dependency_stopped':
      return `${which} is stopped: start that with \`superbot-cli module start ${one}\`, and "${module}" comes back by itself`;
    case 'dependency_failed':
      return `${which} has failed: \`superbot-cli module explain ${one}\` says why; mend and start that, and "${module}" comes back by itself`;
    case 'disabled':
      return `it is disabled: set enabled: true for it in daemon.yaml, then \`superbot-cli config reload\` and ${start}`;
    case 'shutdown':
      return `it was stopped with the daemon, and comes back with the next one if it is wanted`;
    case null:
    default:
      return `nobody wants it to run: ${start}, or name it in autostart in daemon.yaml`;
  }
}

function nameOf(dependencies: readonly string[]): string {
  const [only = 'NAME', ...others] = dependencies;
  return others.length === 0 ? only : 'NAME';
}

function afterFailure(module: string, known: LastKnown): string {
  const { reason, last_error: lastError, next_restart_at: nextRestartAt } = known;
  const why = lastError ?? 'no reason is known';
  const start = `\`superbot-cli module start ${module}\``;
  const logs = `\`superbot-cli logs -m ${module} -n 100\``;
  const retry =
    nextRestartAt === null ? '' : `; without that it is tried again at ${nextRestartAt}`;
  switch (reason) {
    case 'restart_limit':
      return `it was restarted ${times(known.restart_count)} and ended again (last: ${why}). Find the cause in ${logs} and mend it, then ${start}${retry}`;
    case 'start_timeout':
      return `it did not get ready (${why}). If ${logs} shows that it only needs longer, raise ready.timeout in daemon.yaml and \`superbot-cli config reload\`, else mend the cause; then ${start}${retry}`;
    case 'crashed':
      return `it crashed (${why}), and its restart policy is never. Find the cause in ${logs} and mend it, then ${start}${retry}`;
    case 'exit_78':
      return `it says that its configuration is wrong (exit code 78): read ${logs}, correct its params, args or env in daemon.yaml, then \`superbot-cli config reload\` and ${start}; it is not tried again before`;
    case 'stop_failed':
      return `a process of it could not be ended (${why}), so no second copy is started. A process that outlives SIGKILL hangs in the kernel, mostly on a disk or a network mount: free that, or reboot, then ${start}`;
    case null:
    default:
      return `it failed (${why}). Find the cause in ${logs} and mend it, then ${start}${retry}`;
  }
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
