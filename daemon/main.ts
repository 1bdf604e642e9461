/** The program `superbot`: parses, starts the daemon, waits for a signal, stops. */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { checkConfig } from './check.ts';
import { greeting } from './greeting.ts';
import { AlreadyRunningError } from './home/lock.ts';
import { TerminalCopy } from './logs/terminal-copy.ts';
import { notifyVariable, StartNotifier } from './notify.ts';
import { runDaemon } from './run.ts';
import { version } from './version.ts';
import { leaveRemovedFolder } from './working-folder.ts';

const usage = `Usage: superbot [--home DIR] [--config DIR]
       superbot --check [--home DIR] [--config DIR] [--print]

Runs the master daemon in the foreground. superbot-cli talks to it;
"superbot-cli daemon start" runs it in the background.

  --home DIR     where sockets, logs and state live (default: $SUPERBOT_HOME or ~/.superbot)
  --config DIR   the folder with daemon.yaml
  --profile P    start the modules of this profile instead of those of autostart
  --check        tell every mistake in the configuration, and exit 0 or 1
  --print        the same, printing the effective configuration, secrets masked
  --version, --help
`;

/** RestartForceExitStatus of the unit that the command line writes: systemd starts the next daemon. */
const handOverStatus = 75;
const isUnderSystemd = process.env['SUPERBOT_SYSTEMD'] === '1';

const notifier = new StartNotifier(process.env[notifyVariable]);

// The old generation is collected before it grows. Said at the start of Node it would also make the young
// one 1 MB, whatever else is said there.
setFlagsFromString('--optimize-for-size');
void main();

async function main(): Promise<void> {
  try {
    const { values } = parseArgs({
      options: {
        home: { type: 'string' },
        config: { type: 'string' },
        profile: { type: 'string' },
        check: { type: 'boolean' },
        print: { type: 'boolean' },
        version: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    if (values.help) say(process.stdout, usage);
    else if (values.version) say(process.stdout, `${version}\n`);
    else if (values.check || values.print) check(values);
    else {
      const { home, config, profile } = values;
      const { SUPERBOT_HOME, SUPERBOT_CONFIG } = process.env;
      leaveRemovedFolder([home, config, SUPERBOT_HOME, SUPERBOT_CONFIG]);
      const daemon = await runDaemon({ home, config, profile });
      notifier.report({ ready: true, pid: process.pid, endpoint: daemon.endpoint });
      if (process.env['SUPERBOT_BACKGROUND'] !== '1') {
        new TerminalCopy(process.stderr).print(greeting(daemon.home, daemon.endpoint));
      }
      const { modulesStay } = await daemon.ended;
      // Else 0, or what the signals have made of it.
      if (modulesStay && isUnderSystemd) process.exitCode = handOverStatus;
      process.exit();
    }
  } catch (error) {
    fail(error as Error & { code?: string });
  }
}

function check({
  home,
  config,
  print = false,
}: {
  home?: string;
  config?: string;
  print?: boolean;
}): void {
  const environment = { env: { ...process.env }, workingDir: process.cwd() };
  const { exitStatus, stdout, stderr } = checkConfig({ home, config, print, ...environment });
  say(process.stderr, stderr);
  say(process.stdout, stdout);
  process.exitCode = exitStatus;
}

/** Also where the reader goes away, as in `… | head`: that is no fault of ours. */
function say(to: NodeJS.WriteStream, text: string): void {
  to.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  to.write(text);
}

function fail(error: Error & { code?: string }): void {
  const isUsage = error.code?.startsWith('ERR_PARSE_ARGS') ?? false;
  const pid = error instanceof AlreadyRunningError ? error.pid : null;
  process.stderr.write(`superbot: ${error.message}\n${isUsage ? `\n${usage}` : ''}`);
  notifier.report({
    ready: false,
    error: error.message,
    exit: 1,
    ...(pid === null ? {} : { already_running: pid }),
  });
  process.exit(isUsage ? 2 : 1);
}
