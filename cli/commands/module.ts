import { type Command, Option } from 'commander';
import { errorCatalogue } from '../../rpc/errors.ts';
import type { ModuleParams, ModuleStatus } from '../../rpc/shapes.ts';
import { lifecycleDeadlineMs, timeoutOf, withDaemon } from '../connect.ts';
import type { DaemonConnection } from '../connect.ts';
import { CliError, exitStatus } from '../failure.ts';
import { showModule, showModules, stateStyle, stateText } from '../module-view.ts';
import { eachName } from '../names.ts';
import { addParam } from '../params.ts';
import type { RunCommand, Session } from '../session.ts';
import { formatElapsed } from '../time.ts';
import { withWaitingNote } from '../waiting-note.ts';
import { showDaemon } from './daemon.ts';
import { addExplainCommand } from './explain.ts';
import { addNewModuleCommand } from './new-module.ts';

/** How long after the daemon's own deadline its answer may still come. */
const answerGraceMs = 5000;

interface StartOptions {
  readonly all?: boolean;
  readonly param?: ModuleParams;
  readonly wait: boolean;
}

interface StopOptions {
  readonly all?: boolean;
  readonly cascade?: boolean;
  readonly force?: boolean;
  readonly until?: 'schedule';
  readonly wait: boolean;
}

interface RestartOptions {
  readonly all?: boolean;
  readonly cascade?: boolean;
  readonly param?: ModuleParams;
  readonly force?: boolean;
}

/** `module start|stop|restart|status|list|explain|new`, and `start|stop|restart|status` without `module`. */
export function addModuleCommands(program: Command, run: RunCommand): void {
  const group = program
    .command('module')
    .description('start, stop and look at modules')
    .addHelpText('after', severalNamesHelp);
  for (const parent of [group, program]) addVerbs(parent, run);
  group
    .command('status')
    .description('all that is known of modules')
    .argument('<name...>', 'modules, in this order')
    .action((names: string[], _options, command: Command) =>
      run(command, (session) => statusOf(session, names)),
    );
  group
    .command('list')
    .description('every configured module')
    .action((_options, command: Command) => run(command, list));
  addExplainCommand(group, run);
  addNewModuleCommand(group, run);
  program
    .command('status')
    .description('the daemon and its modules, or all that is known of one')
    .argument('[name...]', 'modules, in this order')
    .action((names: string[], _options, command: Command) =>
      run(command, (session) =>
        names.length === 0 ? showDaemon(session) : statusOf(session, names),
      ),
    );
}

const severalNamesHelp = `
Several NAMEs are taken one after the other, all of them also when one fails; the exit status is that
of the first failure. With --json one document a line is printed for each, in the same order.`;

function addVerbs(parent: Command, run: RunCommand): void {
  const allHelp = 'every module that is not disabled, in the order of the configuration';
  const untilHelp = 'let its hours or a job start them again; else only an operator can';
  const paramHelp = 'a parameter over those of the configuration; VALUE may be JSON (repeatable)';
  parent
    .command('start')
    .description('start modules and wait until they are ready')
    .argument('[name...]', 'modules, in this order')
    .option('--all', allHelp)
    .option('--param <key=value>', paramHelp, addParam)
    .option('--no-wait', 'return at once')
    .action((names: string[], options: StartOptions, command: Command) =>
      run(command, (session) => start(session, names, options)),
    );
  parent
    .command('stop')
    .description('stop modules and wait until their processes are gone')
    .argument('[name...]', 'modules, in this order')
    .option('--all', allHelp)
    .option('--cascade', 'stop what depends on them first')
    .option('--force', 'kill at once instead of asking first')
    .addOption(new Option('--until <what>', untilHelp).choices(['schedule']))
    .option('--no-wait', 'return at once')
    .action((names: string[], options: StopOptions, command: Command) =>
      run(command, (session) => stop(session, names, options)),
    );
  parent
    .command('restart')
    .description('stop modules if they run, then start them')
    .argument('[name...]', 'modules, in this order')
    .option('--all', allHelp)
    .option('--param <key=value>', paramHelp, addParam)
    .option('--cascade', 'also what depends on them')
    .option('--force', 'also what could not be launched')
    .action((names: string[], options: RestartOptions, command: Command) =>
      run(command, (session) => restart(session, names, options)),
    );
}

function start(session: Session, names: readonly string[], options: StartOptions): Promise<void> {
  const { timeout } = session.options;
  return eachName(session, chosen(names, options), 'starting', async (daemon, module) => {
    const startedMs = performance.now();
    const params = {
      module,
      ...(options.param === undefined ? {} : { params: options.param }),
      ...(options.wait ? {} : { wait: false }),
      ...(timeout === undefined ? {} : { timeout }),
    };
    const call = daemon.call('module.start', params, startDeadlineMs(timeout));
    const result = await withWaitingNote(session, daemon, module, call);
    const took = `started in ${formatElapsed(performance.now() - startedMs)}`;
    const how = result.changed ? (options.wait ? took : 'not waited for') : 'nothing to do';
    session.output.answer(result, () => showResult(session, result, how));
  });
}

function stop(session: Session, names: readonly string[], options: StopOptions): Promise<void> {
  return eachName(session, chosen(names, options), 'stopping', async (daemon, module) => {
    const startedMs = performance.now();
    const params = {
      module,
      ...(options.force === true ? { graceful: false } : {}),
      ...(options.cascade === true || options.all === true ? { cascade: true } : {}),
      ...(options.until === undefined ? {} : { until: options.until }),
      ...(options.wait ? {} : { wait: false }),
    };
    const deadlineMs = timeoutOf(session.options, lifecycleDeadlineMs);
    const result = await daemon.call('module.stop', params, deadlineMs);
    const took = `stopped in ${formatElapsed(performance.now() - startedMs)}`;
    const how = result.changed ? (options.wait ? took : 'not waited for') : 'nothing to do';
    session.output.answer(result, () => showResult(session, result, how));
  });
}

function restart(
  session: Session,
  names: readonly string[],
  options: RestartOptions,
): Promise<void> {
  const { timeout } = session.options;
  return eachName(session, chosen(names, options), 'restarting', async (daemon, module) => {
    const startedMs = performance.now();
    const params = {
      module,
      ...(options.param === undefined ? {} : { params: options.param }),
      ...(options.force === true ? { force: true } : {}),
      ...(options.cascade === true || options.all === true ? { cascade: true } : {}),
      ...(timeout === undefined ? {} : { timeout }),
    };
    const call = daemon.call('module.restart', params, startDeadlineMs(timeout));
    const result = await withWaitingNote(session, daemon, module, call);
    const took = `restarted in ${formatElapsed(performance.now() - startedMs)}`;
    session.output.answer(result, () => showResult(session, result, took));
  });
}

/** The names given, or 'all'. */
function chosen(names: readonly string[], { all }: { all?: boolean }): readonly string[] | 'all' {
  if (all === true && names.length === 0) return 'all';
  if (all !== true && names.length > 0) return names;
  const message = 'name the modules, or say --all (see --help)';
  throw new CliError(exitStatus.usage, message, errorCatalogue.invalidParams.code);
}

function startDeadlineMs(timeout: number | undefined): number {
  return timeout === undefined ? lifecycleDeadlineMs : timeout * 1000 + answerGraceMs;
}

function statusOf(session: Session, names: readonly string[]): Promise<void> {
  const { output } = session;
  return eachName(session, names, null, async (daemon: DaemonConnection, module) => {
    const result = await daemon.call('module.status', { module });
    output.answer(result, () => showModule(result, output, Date.now()));
  });
}

async function list(session: Session): Promise<void> {
  const { output } = session;
  const result = await withDaemon(session, (daemon) => daemon.call('module.list', {}));
  output.answer(result, () => showModules(result.modules, output));
}

/** `trading  running  (started in 412 ms, pid 4121)` */
function showResult({ output }: Session, status: ModuleStatus, how: string): void {
  const style = stateStyle(status.state);
  const state = stateText(status);
  const pid = status.pid === null ? '' : `, pid ${status.pid}`;
  const painted = style === undefined ? state : output.paint(style, state);
  output.done(`${status.module}  ${painted}  (${how}${pid})`);
}
