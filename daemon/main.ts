#!/usr/bin/env node
/** The program `superbot`: parses, starts the daemon, waits for a signal, stops. */
import { parseArgs } from 'node:util';
import { greeting } from './greeting.ts';
import { AlreadyRunningError } from './lock.ts';
import { notifyVariable, StartNotifier } from './notify.ts';
import { runDaemon } from './run.ts';
import { version } from './version.ts';

const usage = `Usage: superbot [--home DIR] [--config DIR]

Runs the master daemon in the foreground. superbot-cli talks to it;
"superbot-cli daemon start" runs it in the background.

  --home DIR     where sockets, logs and state live (default: $SUPERBOT_HOME or ~/.superbot)
  --config DIR   the folder with daemon.yaml
  --version, --help
`;

const notifier = new StartNotifier(process.env[notifyVariable]);

try {
  const { values } = parseArgs({
    options: {
      home: { type: 'string' },
      config: { type: 'string' },
      version: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) process.stdout.write(usage);
  else if (values.version) process.stdout.write(`${version}\n`);
  else {
    const daemon = await runDaemon({ home: values.home, config: values.config });
    notifier.report({ ready: true, pid: process.pid, endpoint: daemon.endpoint });
    if (process.env['SUPERBOT_BACKGROUND'] !== '1') {
      process.stderr.write(greeting(daemon.home, daemon.endpoint));
    }
    await daemon.ended;
    process.exit(0);
  }
} catch (error) {
  fail(error as Error & { code?: string });
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
