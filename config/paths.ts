/**
 * Where things are: the home directory, every path in it, and the configuration directory. The CLI
 * loads this file at each start, so it imports Node's built-ins only.
 */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The absolute home directory: `--home`, else `SUPERBOT_HOME`, else `~/.superbot`. Not created. */
export function homeDirectory(from: {
  readonly home?: string | undefined;
  readonly env: Environment;
}): string {
  const chosen = given(from.home) ?? given(from.env['SUPERBOT_HOME']);
  if (chosen !== undefined) return resolve(chosen);
  return join(given(from.env['HOME']) ?? homedir(), '.superbot');
}

export interface HomePaths {
  readonly root: string;
  /** The RPC socket, unless `daemon.ipc.socket_path` moves it. */
  readonly socket: string;
  /** One line, `unix:<path>` or `tcp:127.0.0.1:<port>`: how clients find the daemon. */
  readonly endpoint: string;
  readonly token: string;
  readonly observerToken: string;
  readonly daemonPid: string;
  readonly runDir: string;
  readonly state: string;
  readonly journalDir: string;
  readonly logsDir: string;
  readonly daemonLog: string;
  readonly dataDir: string;
  /** Callers pass configured module names only: the name becomes part of a file name. */
  readonly modulePid: (module: string) => string;
  readonly moduleLog: (module: string) => string;
}

/** Every path of a home directory. The names are fixed: scripts rely on them. */
export function homePaths(home: string): HomePaths {
  const root = resolve(home);
  const logsDir = join(root, 'logs');
  return {
    root,
    socket: join(root, 'superbot.sock'),
    endpoint: join(root, 'endpoint'),
    token: join(root, 'token'),
    observerToken: join(root, 'token.observer'),
    daemonPid: join(root, 'daemon.pid'),
    runDir: join(root, 'run'),
    state: join(root, 'state.json'),
    journalDir: join(root, 'journal'),
    logsDir,
    daemonLog: join(logsDir, 'daemon.log'),
    dataDir: join(root, 'data'),
    modulePid: (module) => join(root, `${module}.pid`),
    moduleLog: (module) => join(logsDir, `${module}.log`),
  };
}

export type ConfigDirSource =
  '--config' | 'SUPERBOT_CONFIG' | 'home' | 'working directory' | 'shipped';

export interface ConfigDirChoice {
  readonly dir: string;
  readonly source: ConfigDirSource;
}

/**
 * The absolute configuration directory and why it is that one. A directory that was named is taken
 * even when it does not exist, and `<home>/config` when it exists: loading then says what is missing
 * in it, where falling through would silently run another configuration.
 */
export function chooseConfigDir(from: {
  readonly config?: string | undefined;
  readonly env: Environment;
  readonly home: string;
  readonly workingDir: string;
}): ConfigDirChoice {
  const option = given(from.config);
  if (option !== undefined) return { dir: resolve(from.workingDir, option), source: '--config' };
  const variable = given(from.env['SUPERBOT_CONFIG']);
  if (variable !== undefined)
    return { dir: resolve(from.workingDir, variable), source: 'SUPERBOT_CONFIG' };
  const inHome = join(from.home, 'config');
  if (isDirectory(inHome)) return { dir: inHome, source: 'home' };
  const local = resolve(from.workingDir, 'config');
  if (existsSync(join(local, 'daemon.yaml'))) return { dir: local, source: 'working directory' };
  return { dir: join(packageRoot(), 'config'), source: 'shipped' };
}

/** The folder of SuperBot's own package.json, from sources, tsc's output and the bundled CLI alike. */
export function packageRoot(): string {
  let dir = import.meta.dirname;
  while (!existsSync(join(dir, 'package.json'))) {
    const parent = dirname(dir);
    if (parent === dir)
      throw new Error(
        `cannot find package.json above "${import.meta.dirname}": the installation is incomplete, reinstall superbot`,
      );
    dir = parent;
  }
  return dir;
}

/** The longest Unix socket path in bytes: sun_path of the platform without its final NUL. */
export function socketPathBytesMax(platform: NodeJS.Platform = process.platform): number {
  return platform === 'linux' ? 107 : 103;
}

/** Why a Unix socket cannot have this path, with advice; null when it can. */
export function socketPathProblem(
  path: string,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const bytes = Buffer.byteLength(path);
  const bytesMax = socketPathBytesMax(platform);
  if (bytes <= bytesMax) return null;
  return `cannot use the socket path "${path}": it has ${bytes} bytes and this platform allows ${bytesMax} — choose a shorter --home, or set daemon.ipc.socket_path`;
}

/** An empty option or variable counts as not given: resolved as a path it would mean ".". */
function given(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/**
 * Name of the abstract Unix socket (unix(7), Linux only) on which the home's daemon listens as long
 * as it lives, and says its pid. Throws when there is no such directory.
 */
export function lockSocketName(home: string): string {
  const { dev, ino } = statSync(home);
  return `\0superbot/${dev}/${ino}`;
}
