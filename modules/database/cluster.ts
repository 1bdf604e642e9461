/** The folder with all the data, made once: in a place beside it, so that it is whole or not there. */
import { execFile } from 'node:child_process';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Binaries } from './binaries.ts';
import { command } from './command.ts';
import { ConfigurationError } from './configuration-error.ts';
import { handOver, type RunAs } from './run-as.ts';

export interface ClusterOptions {
  readonly binaries: Binaries;
  readonly as: RunAs;
  readonly folder: string;
  /** In the folder above; who it is of may do everything. */
  readonly passwordFile: string;
  readonly user: string;
  /** Of its programs. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const initTimeoutMs = 120_000;

/** User id of whom a cluster belongs to; null while there is none. */
export function ownerOf(folder: string): number | null {
  return statSync(folder, { throwIfNoEntry: false })?.uid ?? null;
}

/**
 * Whether it is there, whole and of this version. Throws a ConfigurationError when something else is
 * in its place, or one of another major version, which these programs cannot read.
 */
export function hasCluster(folder: string, { major, version }: Binaries): boolean {
  const mark = join(folder, 'PG_VERSION');
  if (!existsSync(folder)) return false;
  if (!existsSync(mark))
    throw new ConfigurationError(
      `"${folder}" holds no database of PostgreSQL: it has no PG_VERSION — move it away, and a new one is made, or put back what belongs there`,
    );
  const made = readFileSync(mark, 'utf8').trim();
  if (made === String(major)) return true;
  throw new ConfigurationError(
    `the database in "${folder}" was made by PostgreSQL ${made}, and what was found to run it is ${version}: a major version does not read another's files — set SUPERBOT_PG_BIN to the programs of PostgreSQL ${made}, back up with "superbot-cli db backup", move the folder away, unset it and restore`,
  );
}

/** Resolves when it is there for good, also after a power loss. */
export async function makeCluster(options: ClusterOptions): Promise<void> {
  const { as, folder } = options;
  const half = `${folder}.tmp`;
  rmSync(half, { recursive: true, force: true });
  mkdirSync(half, { mode: 0o700 });
  if (as.kind === 'user') handOver(dirname(folder), as);
  await initdb(half, options);
  renameSync(half, folder);
  const above = openSync(dirname(folder), 'r');
  fsyncSync(above);
  closeSync(above);
}

function initdb(half: string, options: ClusterOptions): Promise<void> {
  const { binaries, as, passwordFile, signal, user } = options;
  const { file, args, cwd, ids } = command(binaries, 'initdb', as, half, (reached) => [
    ...['-D', reached, '-U', user, '-A', 'scram-sha-256'],
    // Not joined: seen from the current folder, ".." is not what the name before it says.
    `--pwfile=${reached}/../${basename(passwordFile)}`,
    ...['-E', 'UTF8', ...collation(binaries.major), '--data-checksums', '--no-instructions'],
  ]);
  const run = { cwd, ...ids, env: options.env, timeout: initTimeoutMs, signal };
  return new Promise((resolve, reject) => {
    execFile(file, args, run, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else if (signal.aborted) reject(signal.reason as Error);
      else reject(new Error(`cannot make the database: ${stderr.trim() || error.message}`));
    });
  });
}

/** One that no upgrade of the system's libraries changes: indexes stay in order. */
function collation(major: number): string[] {
  if (major < 17) return ['--locale=C'];
  return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-locale'];
}
