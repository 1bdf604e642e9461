import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { MethodResult } from '../../rpc/contract.ts';
import { errorCatalogue } from '../../rpc/errors.ts';
import { checkConfig } from '../config-check.ts';
import { sessionHome, withDaemon, withDaemonIfAny } from '../connect.ts';
import { nullIfItDied, refuseUnitsOptions, startDaemon } from '../daemon-start.ts';
import { stopDaemon, type StoppedDaemon } from '../daemon-stop.ts';
import { showFacts, showModules } from '../module-view.ts';
import { CliError, exitStatus } from '../failure.ts';
import { whyNotWritable } from '../left-files.ts';
import { refuseLeftModules } from '../left-modules.ts';
import type { RunCommand, Session } from '../session.ts';
import { formatDuration, formatElapsed } from '../time.ts';
import { awaitUnitsDaemon, isUnderSystemd, servingUnit } from '../unit-daemon.ts';
import { addInstallCommands } from './daemon-install.ts';

export type DaemonStatus = MethodResult<'daemon.status'>;

interface StartOptions {
  readonly config?: string;
  readonly profile?: string;
}

interface RestartOptions extends StartOptions {
  readonly keepModules?: boolean;
}

/** `daemon start|stop|restart|status|install|uninstall` */
export function addDaemonCommands(program: Command, run: RunCommand): void {
  const group = program.command('daemon').description('start, stop and look at the daemon');
  const configHelp = 'directory of the configuration';
  const profileHelp = 'start the modules of this profile instead of those of autostart';
  group
    .command('start')
    .description('run the daemon in the background; returns when it answers')
    .option('--config <dir>', configHelp)
    .option('--profile <name>', profileHelp)
    .action((options: StartOptions, command: Command) =>
      run(command, (session) => start(session, options)),
    );
  group
    .command('stop')
    .description('stop the daemon and its modules; returns when it is gone')
    .action((_options, command: Command) => run(command, stop));
  group
    .command('restart')
    .description('stop the daemon and start it with the same configuration directory')
    .option('--keep-modules', 'replace the daemon under its modules, which run on')
    .option('--config <dir>', configHelp)
    .option('--profile <name>', profileHelp)
    .action((options: RestartOptions, command: Command) =>
      run(command, (session) => restart(session, options)),
    );
  group
    .command('status')
    .description('the daemon and all its modules')
    .action((_options, command: Command) => run(command, showDaemon));
  addInstallCommands(group, run);
}

/** What `daemon status` prints, and `status` without a name. */
export async function showDaemon(session: Session): Promise<void> {
  const { output } = session;
  const status = await withDaemon(session, (daemon) => daemon.call('daemon.status', {}));
  output.answer(status, () => {
    output.line(`${output.paint('bold', 'daemon')}  ${output.paint('green', status.status)}`);
    showFacts(output, [
      ['pid', String(status.pid)],
      ['version', status.version],
      ['uptime', `${formatDuration(status.uptime)} (since ${status.started_at})`],
      ['endpoint', status.endpoint],
      ['home', status.home],
      ['config', status.config_dir],
      ...(status.profile ? [['profile', status.profile] as const] : []),
      ...(status.restarts_held ? [['restarts', heldRestarts(status.restarts_held)] as const] : []),
    ]);
    output.line('');
    showModules(Object.values(status.modules), output);
  });
}

function heldRestarts({ until, count }: NonNullable<DaemonStatus['restarts_held']>): string {
  return `too many at once: none begins by itself before ${until} (${count} wait)`;
}

async function start(session: Session, { config, profile }: StartOptions): Promise<void> {
  const startedMs = performance.now();
  const { isNew, status } = await startDaemon(session, {
    home: session.options.home,
    config,
    profile,
  });
  const took = `started in ${formatElapsed(performance.now() - startedMs)}`;
  showRunning(session, status, isNew ? took : 'already running');
}

async function stop(session: Session): Promise<void> {
  const { output } = session;
  const startedMs = performance.now();
  const stopped = await stopDaemon(session, { keepModules: false });
  if (stopped === null && session.options.socket === undefined)
    refuseLeftModules(sessionHome(session.options));
  const took = `stopped in ${formatElapsed(performance.now() - startedMs)}`;
  output.answer(stopped?.answer ?? { status: 'stopped' }, () =>
    output.done(`daemon  stopped  (${stopped === null ? 'was not running' : took})`),
  );
}

async function restart(session: Session, options: RestartOptions): Promise<void> {
  const startedMs = performance.now();
  const keepModules = options.keepModules === true;
  await refuseUnitsOptions(sessionHome(session.options), options);
  await refuseWhatCannotStart(session, options);
  const stopped = await stopDaemon(session, { keepModules });
  const status = await startNext(session, options, stopped);
  const took = `restarted in ${formatElapsed(performance.now() - startedMs)}`;
  showRunning(session, status, stopped === null ? 'started: it was not running' : took);
}

/**
 * What runs is not given up for a home or a configuration that no daemon can start with. The latter is
 * judged in the environment that the next daemon gets: ours, or what systemd has given to this one.
 */
async function refuseWhatCannotStart(session: Session, { config }: StartOptions): Promise<void> {
  const ask = withDaemonIfAny(session, (daemon) => daemon.call('daemon.status', {}));
  const running = await ask.catch(nullIfItDied);
  if (running === null) return;
  const why = whyNotWritable(running.home);
  if (why !== null) {
    throw new CliError(
      exitStatus.failed,
      `the daemon was not restarted and runs on: its home cannot be written to (${why})`,
    );
  }
  const dir = resolve(config ?? running.config_dir);
  const problems = isUnderSystemd(running.pid)
    ? await problemsToDaemon(session)
    : await problemsToUs(session, dir);
  if (problems.length === 0) return;
  throw new CliError(
    exitStatus.failed,
    `the daemon was not restarted and runs on: the configuration in "${dir}" cannot be used`,
    errorCatalogue.configInvalid.code,
    { problems },
  );
}

/** None of one that dies in this moment: the next one will tell. */
async function problemsToDaemon(session: Session): Promise<readonly string[]> {
  const ask = withDaemonIfAny(session, (daemon) => daemon.call('config.validate', {}));
  return (await ask.catch(nullIfItDied))?.problems ?? [];
}

async function problemsToUs(session: Session, dir: string): Promise<readonly string[]> {
  const { isValid, stdout } = await checkConfig(session, ['--config', dir]);
  return isValid ? [] : stdout.split('\n').filter((line) => line !== '');
}

/** Where systemd runs the daemon it starts the next one, by itself when the modules stayed. */
async function startNext(
  session: Session,
  { config, profile, keepModules = false }: RestartOptions,
  stopped: StoppedDaemon | null,
): Promise<DaemonStatus> {
  const home = stopped?.status.home ?? sessionHome(session.options);
  const unit = await servingUnit(home);
  if (keepModules && stopped?.wasUnderSystemd === true) return awaitUnitsDaemon(session, unit);
  if (unit !== null) return (await startDaemon(session, { home, config, profile })).status;
  const dir = config ?? stopped?.status.config_dir;
  // Another configuration may have no profile of this name.
  const earlier = config === undefined ? (stopped?.status.profile ?? undefined) : undefined;
  const next = { home, config: dir, profile: profile ?? earlier };
  return (await startDaemon(session, next)).status;
}

function showRunning({ output }: Session, status: DaemonStatus, how: string): void {
  output.answer(status, () => {
    const state = output.paint('green', status.status);
    output.done(`daemon  ${state}  (${how}, pid ${status.pid}, ${status.endpoint})`);
  });
}
