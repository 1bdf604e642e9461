/**
 * One daemon process from the lock to its end: takes the home, reads the configuration, starts the
 * daemon, and turns signals, `daemon.stop` and faults into an orderly end.
 */
import type { Config } from '../config/effective.ts';
import { loadConfig } from '../config/load.ts';
import { chooseConfigDir, homeDirectory, homePaths } from '../config/paths.ts';
import { formatProblem } from '../config/problems.ts';
import { Daemon } from './daemon.ts';
import { prepareHome, removeDaemonFiles, writePrivateFile } from './home.ts';
import { lockHome } from './lock.ts';
import { DaemonLog, type Log } from './logs/daemon-log.ts';
import { humanLine } from './logs/human-line.ts';
import { TerminalCopy } from './logs/terminal-copy.ts';
import { watchForSignals } from './signals.ts';
import { realSystem } from './system.ts';
import { version } from './version.ts';

/** Until the configuration says otherwise. */
const firstLogRule = { maxSizeBytes: 20 * 1024 * 1024, keep: 5 };

type Environment = Readonly<Record<string, string | undefined>>;

export interface RunningDaemon {
  readonly home: string;
  readonly endpoint: string;
  /** Resolves after the daemon's end, when only the process itself is left to exit. */
  readonly ended: Promise<void>;
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
  prepareHome(paths);
  const lock = await lockHome(home);
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
  try {
    log.info({ step: 1, version, home }, 'superbot starts: no other daemon has this home');
    writePrivateFile(paths.daemonPid, `${process.pid}\n`);
    log.info({ step: 2, pid: process.pid }, 'pid file written');
    const loaded = readConfig(options.config, environment, home, log);
    const config = withProfile(loaded.config, options.profile);
    log.level = config.logs.level;
    daemonLog.rule = config.logs;
    const stop = new StopRequest();
    const onStopRequest = stop.ask;
    const parts = { system: realSystem, paths, config, loaded, environment, log };
    const built = new Daemon({ ...parts, onStopRequest });
    daemon = built;
    log.info({ step: 4 }, 'parts built');
    log.info({ step: 5, modules: [...config.modules.keys()] }, 'module definitions loaded');
    watchForFaults(log);
    watchForSignals({ stop: () => stop.ask(false), kill: () => built.killAll('asked twice') }, log);
    const endpoint = await built.start();
    const ended = stop.asked.then(async (keepModules) => {
      await (keepModules ? built.leave() : built.stop());
      daemonLog.close();
      await lock.release();
    });
    return { home, endpoint, ended };
  } catch (error) {
    log.fatal({ err: error }, 'superbot cannot start');
    removeDaemonFiles(paths);
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

function readConfig(
  option: string | undefined,
  env: Environment,
  home: string,
  log: Log,
): Extract<ReturnType<typeof loadConfig>, { ok: true }> {
  const workingDir = process.cwd();
  const { dir, source } = chooseConfigDir({ config: option, env, home, workingDir });
  const loaded = loadConfig({ configDir: dir, env });
  if (!loaded.ok) {
    const problems = loaded.problems.map(formatProblem).join('\n');
    throw new Error(`the configuration in "${dir}" cannot be used:\n${problems}`);
  }
  log.info({ step: 3, config_dir: dir, chosen_by: source }, 'configuration loaded');
  for (const notice of loaded.notices) log.warn(formatProblem(notice));
  return loaded;
}

/** Throws, naming all profiles, when there is none of this name. */
function withProfile(config: Config, profile: string | undefined): Config {
  if (profile === undefined) return config;
  const autostart = config.profiles.get(profile);
  if (autostart) return { ...config, autostart };
  const known = [...config.profiles.keys()].join(', ') || 'none';
  throw new Error(`there is no profile "${profile}" — daemon.profiles has: ${known}`);
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
