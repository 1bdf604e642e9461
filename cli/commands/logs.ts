import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';
import { homePaths } from '../../config/paths.ts';
import { errorCatalogue } from '../../rpc/errors.ts';
import type { LogLevel, LogLine } from '../../rpc/shapes.ts';
import { sessionHome, withDaemonIfAny } from '../connect.ts';
import type { DaemonConnection } from '../connect.ts';
import { CliError, exitStatus } from '../failure.ts';
import { logLevels, tailFiles, type LogSelection } from '../../rpc/log-files.ts';
import { followLog } from '../log-follow.ts';
import { formatLogLine, rawLogLine } from '../log-lines.ts';
import type { RunCommand, Session } from '../session.ts';
import { sinceOption } from '../since-option.ts';

const linesDefault = 50;
const linesMax = 10_000;

interface LogsOptions {
  readonly follow?: boolean;
  readonly module?: string;
  readonly lines?: number;
  readonly level?: LogLevel;
  /** ISO-8601 UTC. */
  readonly since?: string;
  readonly raw?: boolean;
}

/** `logs [-f] [-m MODULE] [-n 50] [--level LEVEL] [--since TIME] [--raw]` */
export function addLogsCommand(program: Command, run: RunCommand): void {
  program
    .command('logs')
    .description('what modules printed; without a daemon, what the files of the home hold')
    .option('-f, --follow', 'go on with new lines as they are written')
    .option('-m, --module <name>', 'of this module only')
    .option('-n, --lines <count>', `the last COUNT lines (default: ${linesDefault})`, parseLines)
    .addOption(new Option('--level <level>', 'this level and above').choices(logLevels))
    .addOption(sinceOption())
    .option('--raw', 'what the modules wrote: no prefix, nothing escaped')
    .action((options: LogsOptions, command: Command) =>
      run(command, (session) => logs(session, options)),
    );
}

async function logs(session: Session, options: LogsOptions): Promise<void> {
  const selection: LogSelection = {
    module: options.module ?? null,
    level: options.level ?? null,
    since: options.since ?? null,
    lines: options.lines ?? (options.since === undefined ? linesDefault : linesMax),
  };
  const print = linePrinter(session, options);
  const answered = await withDaemonIfAny(session, async (daemon) => {
    if (options.follow === true) await followLog(session, daemon, { selection, print });
    else showLines(session, await tail(daemon, selection), print);
    return true;
  });
  if (answered === null) await logsFromFiles(session, selection, print);
}

function tail(daemon: DaemonConnection, selection: LogSelection): Promise<{ lines: LogLine[] }> {
  const { module, level, since, lines } = selection;
  return daemon.call('logs.tail', {
    ...(module === null ? {} : { module }),
    ...(level === null ? {} : { level }),
    ...(since === null ? {} : { since }),
    lines,
  });
}

async function logsFromFiles(
  session: Session,
  selection: LogSelection,
  print: (line: LogLine) => void,
): Promise<void> {
  const { logsDir } = homePaths(sessionHome(session.options));
  session.output.note(`the daemon is not running: these are the stored lines in ${logsDir}`);
  const lines = await tailFiles(logsDir, selection);
  if (lines === null) {
    const problem = `there is no log of "${selection.module ?? ''}" in ${logsDir}`;
    throw new CliError(exitStatus.notFound, problem, errorCatalogue.notFound.code);
  }
  showLines(session, { lines }, print);
}

function showLines(
  { output }: Session,
  result: { readonly lines: readonly LogLine[] },
  print: (line: LogLine) => void,
): void {
  output.answer(result, () => {
    if (result.lines.length === 0) output.note('no lines');
    for (const line of result.lines) print(line);
  });
}

function linePrinter({ output }: Session, { raw }: LogsOptions): (line: LogLine) => void {
  if (output.json) return (line) => output.line(JSON.stringify(line));
  if (raw === true) return (line) => output.write(rawLogLine(line));
  const format = { paint: output.paint, escape: output.isTerminal };
  return (line) => output.line(formatLogLine(line, format));
}

function parseLines(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= linesMax) return count;
  throw new InvalidArgumentError(`expected a whole number from 0 to ${linesMax}.`);
}
