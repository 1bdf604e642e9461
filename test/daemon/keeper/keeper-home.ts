// A real keeper for a temporary home, asked through the real Guardian, for the tests of custody.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'mocha';
import { keeperFiles, readKeeperIdentity } from '../../../daemon/keeper/files.ts';
import { Guardian, type GuardianOptions } from '../../../daemon/guardian/guardian.ts';
import { realSystem } from '../../../daemon/system.ts';
import type {
  ChildReport,
  ExitReport,
  KeeperLine,
  LaunchSpec,
} from '../../../daemon/keeper/protocol.ts';
import { describeProcess, killAll, processesOf } from '../../support/processes.ts';
import { until } from '../../support/until.ts';

let lastLaunch = 0;

/** How often numbers that count up leave out one or many. */
export function gapsIn(numbers: readonly number[]): number {
  return numbers.filter((number, i) => i > 0 && number > (numbers[i - 1] ?? 0) + 1).length;
}

/** One home per test, disposed of with everything that runs for it. */
export function keeperHomes(): { create: () => KeeperHome } {
  const homes: KeeperHome[] = [];
  afterEach(async function () {
    for (const home of homes.splice(0)) {
      if (this.currentTest?.state === 'failed') console.error(home.describe());
      await home.dispose();
    }
  });
  return {
    create: () => {
      const home = new KeeperHome();
      homes.push(home);
      return home;
    },
  };
}

export interface WatchedGuardian {
  readonly guardian: Guardian;
  /** By launch. */
  readonly exits: Map<string, ExitReport>;
  readonly replacements: ChildReport[][];
  readonly lines: KeeperLine[];
  readonly said: string[];
  /** Waits for the report of a launch's end. */
  readonly exitOf: (launch: string) => Promise<ExitReport>;
}

export interface WatchOptions extends Partial<Pick<GuardianOptions, 'lonelyMs' | 'revive'>> {
  readonly start?: false;
  /** That of another version. */
  readonly Guardian?: typeof Guardian;
}

export class KeeperHome {
  readonly path: string;
  readonly runDir: string;
  readonly logsDir: string;
  readonly #guardians: Guardian[] = [];
  readonly #onExit = () => killAll(processesOf(this.path));

  constructor() {
    this.path = mkdtempSync(join(process.platform === 'linux' ? '/tmp' : tmpdir(), 'sbk-'));
    ({ runDir: this.runDir, logsDir: this.logsDir } = keeperFiles(this.path));
    mkdirSync(this.runDir, { mode: 0o700 });
    mkdirSync(this.logsDir, { mode: 0o700 });
    process.once('exit', this.#onExit);
  }

  /** A daemon's side; started, unless the test does it. */
  async watch(options: WatchOptions = {}): Promise<WatchedGuardian> {
    const { start, Guardian: Kind = Guardian, ...rest } = options;
    const exits = new Map<string, ExitReport>();
    const replacements: ChildReport[][] = [];
    const lines: KeeperLine[] = [];
    const said: string[] = [];
    const guardian = new Kind({
      system: realSystem,
      home: this.path,
      onExit: (_name, launch, exit) => exits.set(launch, exit),
      onReplaced: (children) => replacements.push(children),
      onLine: (line) => lines.push(line),
      onSkipped: (name, count) => said.push(`skipped ${count} of ${name}`),
      revive: null,
      log: { info: (text) => said.push(text), warn: (text) => said.push(text) },
      ...rest,
    });
    this.#guardians.push(guardian);
    if (start === undefined) await guardian.start();
    const exitOf = (launch: string): Promise<ExitReport> =>
      until(`the exit of ${launch} is reported`, () => exits.get(launch));
    return { guardian, exits, replacements, lines, said, exitOf };
  }

  /** A launch of a shell script. */
  shell(name: string, script: string, changes: Partial<LaunchSpec> = {}): LaunchSpec {
    const launch = `l${++lastLaunch}`;
    return {
      name,
      launch,
      argv: ['/bin/sh', '-c', script],
      cwd: '/',
      env: {
        PATH: process.env['PATH'] ?? '',
        SUPERBOT_HOME: this.path,
        SUPERBOT_LAUNCH: `${name}:${launch}`,
      },
      user: null,
      stop: { signal: 'SIGTERM', timeoutMs: 10_000, scope: 'tree' },
      log: { maxSizeBytes: 20 * 1024 * 1024, keep: 5, overflow: 'block' },
      seqFloor: 0,
      note: { told: launch },
      ...changes,
    };
  }

  /** A launch of a Node program. */
  node(name: string, code: string, changes: Partial<LaunchSpec> = {}): LaunchSpec {
    return this.shell(name, '', { argv: [process.execPath, '-e', code], ...changes });
  }

  keeperPid(): number {
    return readKeeperIdentity(this.path)?.pid ?? Number.NaN;
  }

  recordOf(name: string): ChildReport {
    const text = readFileSync(join(this.runDir, `${name}.json`), 'utf8');
    // What follows the last newline is being written.
    return JSON.parse(text.split('\n').at(-2) ?? '') as ChildReport;
  }

  /**
   * What the log files of a module hold, oldest first.
   * @param torn how many keepers were killed, each perhaps in the middle of writing a line, which
   *   readers skip; any other line that is no JSON throws
   */
  stored(name: string, torn = 0): KeeperLine[] {
    let mayBeTorn = torn;
    return this.#storedJson(name)
      .filter((line) => line.endsWith('}') || mayBeTorn-- <= 0)
      .map((line) => JSON.parse(line) as KeeperLine);
  }

  /** Whole lines: what follows the last newline is being written. */
  #storedJson(name: string): string[] {
    const ages = readdirSync(this.logsDir)
      .filter((file) => file === `${name}.log` || file.startsWith(`${name}.log.`))
      .map((file) => Number(file.slice(name.length + 5)))
      .sort((a, b) => b - a);
    return ages
      .map((age) => (age === 0 ? `${name}.log` : `${name}.log.${age}`))
      .flatMap((file) => readFileSync(join(this.logsDir, file), 'utf8').split('\n').slice(0, -1));
  }

  texts(name: string, torn = 0): string[] {
    return this.stored(name, torn).map(({ text }) => text);
  }

  /** Waits until a stored line is, or matches, the text. */
  line(name: string, text: string | RegExp): Promise<KeeperLine> {
    const isIt = (line: KeeperLine): boolean =>
      typeof text === 'string' ? line.text === text : text.test(line.text);
    // Few of very many lines are worth parsing at each look.
    const part = typeof text === 'string' ? JSON.stringify(text) : '';
    return until(`"${String(text)}" is in the log of ${name}`, () => {
      try {
        return this.#storedJson(name)
          .filter((line) => line.includes(part))
          .map((line) => JSON.parse(line) as KeeperLine)
          .find(isIt);
      } catch (error) {
        // The file is not there yet, is being rotated, or ends in a line half written.
        if (error instanceof SyntaxError) return null;
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
        throw error;
      }
    });
  }

  processes(): number[] {
    return processesOf(this.path);
  }

  /** What keepers have written into their own log. */
  said(): string {
    const path = join(this.logsDir, 'keeper.log');
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  }

  describe(): string {
    return `--- keeper.log\n${this.said()}\n--- runs\n${this.processes().map(describeProcess).join('\n')}`;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#guardians.map((guardian) => guardian.stop()));
    await until('nothing runs for the home', () => {
      const left = this.processes();
      killAll(left);
      return left.length === 0;
    });
    process.off('exit', this.#onExit);
    rmSync(this.path, { recursive: true, force: true });
  }
}
