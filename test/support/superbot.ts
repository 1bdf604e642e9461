/**
 * SuperBot as its users run it, in a temporary home: the programs of the compiled tree, a
 * configuration written for the test, and the certainty that nothing outlives it.
 *
 *     describe('the module list', () => {
 *       const homes = temporaryHomes();            // disposes after each test, prints logs on failure
 *
 *       it('shows what runs', async () => {
 *         const home = homes.create({ modules: { trading }, autostart: ['trading'] });
 *         await home.start();                                       // superbot-cli daemon start
 *         const { status, stdout } = await home.cli('module', 'list', '--json');
 *         const trading = await home.reaches('trading', 'running'); // polls daemon.status
 *         const rpc = await home.rpc();                             // an RpcClient
 *         await rpc.call('module.stop', { module: 'trading' });
 *         process.kill(trading.pid, 'SIGKILL');
 *         await until('a new pid', () => …);                        // bounded, for what has no event
 *         const daemon = await home.foreground().ready();           // or in the foreground
 *         home.processes();                                         // pids of everything it runs
 *         home.storedLines('trading');                              // LogLines of its files
 *       });
 *     });
 *
 * `temporaryHomes('all')` keeps its homes for all tests of the suite. The argument of `create` is the
 * value of `daemon:` in daemon.yaml; a string is written as it is; nothing means the shipped file.
 */
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach } from 'mocha';
import { homePaths, packageRoot, type HomePaths } from '../../config/paths.ts';
import { connect, type RpcClient } from '../../rpc/client.ts';
import { parseLogLine } from '../../rpc/log-files.ts';
import type { LogLine, ModuleStatus } from '../../rpc/shapes.ts';
import { describeProcess, killAll, processesOf } from './processes.ts';
import { type CliResult, DaemonProcess, type DaemonStdout, programs, runNode } from './programs.ts';
import { removeSegments } from './shared-segment.ts';
import { until } from './until.ts';

/** The value of `daemon:`, or the whole text of the file. */
export type TestConfig = object | string;

export interface TestHomes {
  create(config?: TestConfig): TestHome;
}

/** Homes that are disposed of after each test, or after all tests of the suite. */
export function temporaryHomes(lifetime: 'each' | 'all' = 'each'): TestHomes {
  const homes: TestHome[] = [];
  let isFailed = false;
  const disposeAll = async (): Promise<void> => {
    for (const home of homes.splice(0)) {
      if (isFailed) console.error(home.describe());
      await home.dispose();
    }
    isFailed = false;
  };
  afterEach(async function () {
    isFailed ||= this.currentTest?.state === 'failed';
    if (lifetime === 'each') await disposeAll();
  });
  after(disposeAll);
  return {
    create: (config) => {
      const home = new TestHome(config);
      homes.push(home);
      return home;
    },
  };
}

export class TestHome {
  readonly #dir: string;
  readonly #clients: RpcClient[] = [];
  readonly #onExit = () => killAll(this.processes());
  /** The home directory, not yet made: the daemon makes it. */
  readonly path: string;
  readonly configDir: string;
  readonly paths: HomePaths;
  /** Of every program run here; the test may add to it. */
  readonly env: Record<string, string | undefined>;

  constructor(config?: TestConfig) {
    // In /tmp rather than in a long TMPDIR: a socket path has at most 107 bytes.
    this.#dir = mkdtempSync(join(process.platform === 'linux' ? '/tmp' : tmpdir(), 'sb-'));
    this.path = join(this.#dir, 'home');
    this.configDir = join(this.#dir, 'config');
    this.paths = homePaths(this.path);
    this.env = environment(this.path, this.configDir);
    mkdirSync(this.configDir);
    this.configure(config);
    // When the run is interrupted no hook comes any more.
    process.once('exit', this.#onExit);
  }

  /** Writes daemon.yaml. */
  configure(config?: TestConfig): void {
    const path = join(this.configDir, 'daemon.yaml');
    if (config === undefined) copyFileSync(join(packageRoot(), 'config', 'daemon.yaml'), path);
    else if (typeof config === 'string') writeFileSync(path, config);
    // JSON is YAML as well.
    else writeFileSync(path, JSON.stringify({ daemon: config }, null, 2));
  }

  /** Writes a file beside the configuration folder, where relative paths of it begin. */
  file(name: string, content: string, mode = 0o644): string {
    const path = join(this.#dir, name);
    writeFileSync(path, content);
    chmodSync(path, mode);
    return path;
  }

  /** Runs `superbot-cli` to its end. */
  cli(...args: readonly string[]): Promise<CliResult> {
    return runNode(programs.cli, args, { env: this.env });
  }

  /** `daemon start`; rejects with what it printed unless it exits 0. Resolves with the daemon's pid. */
  async start(): Promise<number> {
    const { status, stdout, stderr } = await this.cli('daemon', 'start', '--json');
    if (status !== 0) throw new Error(`daemon start exits ${status}: ${stdout}${stderr}`);
    return (JSON.parse(stdout) as { pid: number }).pid;
  }

  /** A daemon in the foreground; await its `ready()`. */
  foreground(options: { args?: readonly string[]; stdout?: DaemonStdout } = {}): DaemonProcess {
    const { args = [], ...rest } = options;
    return new DaemonProcess(args, { env: this.env, ...rest });
  }

  /** A connection of the operator's, closed at the latest by `dispose`. */
  async rpc(): Promise<RpcClient> {
    const client = await connect({ home: this.path });
    this.#clients.push(client);
    return client;
  }

  async module(name: string): Promise<ModuleStatus> {
    const client = await connect({ home: this.path });
    try {
      return await client.call('module.status', { module: name });
    } finally {
      await client.close();
    }
  }

  /** Waits for a module's state and, where `reason` is given, for its reason. */
  reaches(name: string, state: ModuleStatus['state'], reason?: string): Promise<ModuleStatus> {
    return until(`${name} is ${state} ${reason ?? ''}`, async () => {
      const status = await this.module(name);
      const isThere = status.state === state && (reason === undefined || status.reason === reason);
      return isThere ? status : null;
    });
  }

  /** Pids of the daemon, the keeper, all modules and what they started. */
  processes(): number[] {
    return processesOf(this.path);
  }

  /** What the files of the home hold of a module, the daemon or the keeper, oldest first. */
  storedLines(module: string): LogLine[] {
    const name = `${module}.log`;
    const parts = readdirSync(this.paths.logsDir)
      .filter((file) => file === name || file.startsWith(`${name}.`))
      .sort((a, b) => Number(b.slice(name.length + 1)) - Number(a.slice(name.length + 1)));
    return parts
      .flatMap((part) => readFileSync(join(this.paths.logsDir, part), 'utf8').split('\n'))
      .flatMap((text) => parseLogLine(text) ?? []);
  }

  /** For whoever reads why a test failed. */
  describe(): string {
    const logs = ['daemon', 'keeper'].map((name) => {
      const path = join(this.paths.logsDir, `${name}.log`);
      return `--- ${name}.log\n${tail(path)}`;
    });
    const processes = this.processes().map(describeProcess).join('\n');
    return `${logs.join('\n')}\n--- processes of ${this.path}\n${processes}`;
  }

  /** Kills whatever still runs for the home and removes it. */
  async dispose(): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await until('nothing runs for the home', () => {
      const left = this.processes();
      killAll(left);
      return left.length === 0;
    });
    process.off('exit', this.#onExit);
    removeSegments(this.#dir);
    rmSync(this.#dir, { recursive: true, force: true });
  }
}

/** Nothing of the test run's own but what programs need to run and to be measured. */
function environment(home: string, configDir: string): Record<string, string | undefined> {
  const passedOn = ['PATH', 'HOME', 'USER', 'LANG', 'NODE_V8_COVERAGE'];
  const kept = passedOn.map((name) => [name, process.env[name]] as const);
  return { ...Object.fromEntries(kept), SUPERBOT_HOME: home, SUPERBOT_CONFIG: configDir };
}

function tail(path: string): string {
  try {
    return readFileSync(path, 'utf8').split('\n').slice(-60).join('\n');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return '(none)';
    throw error;
  }
}
