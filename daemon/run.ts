/**
 * One daemon process from the lock to its end: takes the home, reads the configuration, starts the
 * daemon, and turns signals, `daemon.stop` and faults into an orderly end.
 */
import type { LogsConfig } from '../config/effective.ts';
import { chooseConfigDir, homeDirectory, homePaths } from '../config/paths.ts';
import { Configuration } from './configuration.ts';
import { Daemon } from './daemon.ts';
import { prepareHome, removeDaemonFiles, writePrivateFile } from './home/home.ts';
import { lockHome } from './home/lock.ts';
import { DaemonLog, type Log } from './logs/daemon-log.ts';
import { humanLine } from './logs/human-line.ts';
import { TerminalCopy } from './logs/terminal-copy.ts';
import { reasonOfRevival } from './own-launch.ts';
import { watchForSignals } from './signals.ts';
import { realSystem } from './system.ts';
import { version } from './version.ts';

/** Until the configuration says otherwise. */
const firstLogRule = { maxSizeBytes: 20 * 1024 * 1024, keep: 5 };

type Environment = Readonly<Record<string, string | undefined>>;

export interface RunningDaemon {
  readonly home: string;
  readonly endpoint: string;
  /**
   * Resolves after the daemon's end, when only the process itself is left to exit, with whether it
   * has left its modules to the next daemon.
   */
  readonly ended: Promise<{ readonly modulesStay: boolean }>;
}

/** Rejects with a message for people when the daemon cannot start; the home is free again then. */
export async function runDaemon(options: {
  home: string | undefined;
  config: string | undefined;
  /** The modules to start instead of those of `autostart`. */
  profile?: string | undefined;
}): Promise<RunningDaemon> {
  const environment = { ...process.env };
  const home = homeDirectory({ home: options.home, env: environment });
  const paths = homePaths(home);
  const lock = await lockHome(home, () => prepareHome(paths));
  let daemon: Daemon | null = null;
  const printCopy = copier(environment);
  const daemonLog = new DaemonLog({
    path: paths.daemonLog,
    rule: firstLogRule,
    level: 'info',
    onLine: (line) => {
      printCopy(line);
      daemon?.takeOwnLine(line);
    },
  });
  const { log } = daemonLog;
  const stop = new StopRequest();
  try {
    // From now on there is something to be cleaned up: a stop is carried out as soon as it has started.
    const signalActions = {
      stop: () => stop.ask(false),
      kill: async () => daemon?.ending.killAll('asked twice'),
      reload: () => daemon?.reload(),
    };
    watchForSignals(signalActions, log);
    log.info({ step: 1, version, home }, 'superbot starts: no other daemon has this home');
    const revival = reasonOfRevival(environment);
    if (revival !== null) log.warn(`started again by the keeper: ${revival}`);
    writePrivateFile(paths.daemonPid, `${process.pid}\n`);
    log.info({ step: 2, pid: process.pid }, 'pid file written');
    const configuration = readConfiguration(options, environment, home, log);
    const onLogsConfig = (logs: LogsConfig): void => {
      log.level = logs.level;
      daemonLog.rule = logs;
    };
    onLogsConfig(configuration.config.logs);
    const onStopRequest = stop.ask;
    const parts = { system: realSystem, paths, configuration, environment, log };
    const built = new Daemon({ ...parts, onLogsConfig, onStopRequest });
    daemon = built;
    log.info({ step: 4 }, 'parts built');
    log.info(
      { step: 5, modules: [...configuration.config.modules.keys()] },
      'module definitions loaded',
    );
    watchForFaults(log);
    const endpoint = await built.start();
    lock.phase = 'serving';
    const ended = stop.asked.then(async (modulesStay) => {
      lock.phase = 'ending';
      await built.goodbye();
      await (modulesStay ? built.ending.leave() : built.ending.stop());
      daemonLog.close();
      await lock.release();
      return { modulesStay };
    });
    return { home, endpoint, ended };
  } catch (error) {
    log.fatal({ err: error }, 'superbot cannot start');
    // What the keeper has started it also tries again: somebody may be mending the configuration.
    if (reasonOfRevival(environment) === null) await daemon?.goodbye();
    for (const trouble of removeDaemonFiles(paths)) log.warn(trouble);
    await lock.release();
    throw error;
  }
}

/** The first one to ask decides whether the modules stay. */
class StopRequest {
  readonly asked: Promise<boolean>;
  ask: (keepModules: boolean) => void = () => undefined;

  constructor() {
    this.asked = new Promise((resolve) => (this.ask = resolve));
  }
}

function readConfiguration(
  options: { config: string | undefined; profile?: string | undefined },
  environment: Environment,
  home: string,
  log: Log,
): Configuration {
  const workingDir = process.cwd();
  const chosen = chooseConfigDir({ config: options.config, env: environment, home, workingDir });
  const { dir, source } = chosen;
  const profile = options.profile ?? null;
  const configuration = new Configuration({ dir, environment, profile });
  log.info({ step: 3, config_dir: dir, chosen_by: source }, 'configuration loaded');
  for (const notice of configuration.current.notices) log.warn(notice);
  return configuration;
}

/** In the foreground the log is also shown: for a person on a terminal, as it is in a pipe. */
function copier(environment: Environment): (line: string) => void {
  if (environment['SUPERBOT_BACKGROUND'] === '1') return () => undefined;
  const copy = new TerminalCopy();
  const form = process.stdout.isTTY ? humanLine : (line: string) => line;
  return (line) => copy.print(form(line));
}

/** A fault of ours ends the daemon at once: its modules go on under the keeper. */
function watchForFaults(log: Log): void {
  const die = (what: string) => (error: unknown) => {
    log.fatal({ err: error }, `internal error, ${what}: the daemon dies, its modules go on`);
    process.exit(70);
  };
  process.on('uncaughtException', die('an exception'));
  process.on('unhandledRejection', die('a rejected promise'));
}
