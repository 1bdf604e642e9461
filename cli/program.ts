import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { packageRoot } from '../config/paths.ts';
import { addConfigCommands } from './commands/config.ts';
import { addCollectorCommands } from './commands/collector.ts';
import { addCompletionCommands } from './commands/completion.ts';
import { addDaemonCommands } from './commands/daemon.ts';
import { addDbCommands } from './commands/db.ts';
import { addEventsCommand } from './commands/events.ts';
import { addHealthCommand } from './commands/health.ts';
import { addLogsCommand } from './commands/logs.ts';
import { addModuleCommands } from './commands/module.ts';
import { addResourcesCommands } from './commands/resources.ts';
import { addRpcCommands } from './commands/rpc.ts';
import { addScheduleCommands } from './commands/schedule.ts';
import { addStressCommands } from './commands/stress.ts';
import { addTradingCommands } from './commands/trading.ts';
import { endpointOf } from './connect.ts';
import type { RunCommand } from './session.ts';

const timeoutSecondsMax = 86_400;

/** The command line: the options that every command takes, and every command. */
export function createProgram(run: RunCommand): Command {
  const program = new Command('superbot-cli')
    .description('drives the SuperBot daemon and its modules')
    .version(packageVersion())
    .option('--home <dir>', 'home directory (default: $SUPERBOT_HOME, else ~/.superbot)')
    .option('--socket <endpoint>', 'unix:PATH, tcp:127.0.0.1:PORT or PATH', socketOption)
    .option('--json', 'print the result as the API gives it, errors too')
    .option('--timeout <seconds>', 'how long to wait at most', timeoutOption)
    .option('--no-color', 'no colours (also: NO_COLOR=1, TERM=dumb)')
    .option('-q, --quiet', 'only what was asked for: no result lines, no remarks')
    .addHelpText('after', exitStatusHelp)
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride();
  addDaemonCommands(program, run);
  addModuleCommands(program, run);
  addLogsCommand(program, run);
  addEventsCommand(program, run);
  addResourcesCommands(program, run);
  addHealthCommand(program, run);
  addConfigCommands(program, run);
  addScheduleCommands(program, run);
  addTradingCommands(program, run);
  addCollectorCommands(program, run);
  addStressCommands(program, run);
  addDbCommands(program, run);
  addRpcCommands(program, run);
  addCompletionCommands(program, run);
  return program;
}

const exitStatusHelp = `
Exit status: 0 done, 1 failed, 2 usage, 3 the daemon is not running, 4 no such module or method,
5 refused, 6 timed out (the daemon works on), 130 interrupted.`;

function packageVersion(): string {
  const text = readFileSync(join(packageRoot(), 'package.json'), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

function socketOption(text: string): string {
  try {
    return endpointOf(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

function timeoutOption(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= timeoutSecondsMax) return seconds;
  throw new InvalidArgumentError(`expected seconds, more than 0 and at most ${timeoutSecondsMax}.`);
}
