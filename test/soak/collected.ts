/** Daemon and keeper that can be told to collect their garbage: what is left then is kept by somebody. */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { keeperFiles, readKeeperIdentity } from '../../daemon/keeper/files.ts';
import { notifyVariable } from '../../daemon/notify.ts';
import { privateBytes } from '../bench/processes.ts';
import { compiledTree } from '../support/programs.ts';
import type { TestHome } from '../support/superbot.ts';
import { until } from '../support/until.ts';

/** Those of the product. */
const keeperFlags = ['--max-semi-space-size=1', '--optimize-for-size'];

export interface Collected {
  readonly heapBytes: number;
  readonly privateBytes: number;
}

/** Starts both, and resolves with their pids. The keeper comes first: the daemon finds it there. */
export async function startCollectable(
  home: TestHome,
): Promise<{ daemon: number; keeper: number }> {
  const collector = pathToFileURL(join(import.meta.dirname, 'collect.js'));
  collector.searchParams.set('folder', folderOf(home));
  const options = `--import=${collector.href}`;
  await startKeeper(home.path, options);
  home.env['NODE_OPTIONS'] = options;
  const daemon = await home.start();
  return { daemon, keeper: readKeeperIdentity(home.path)?.pid ?? 0 };
}

/** Resolves when the process has collected its garbage. */
export async function collected(home: TestHome, pid: number): Promise<Collected> {
  const path = join(folderOf(home), String(pid));
  rmSync(path, { force: true });
  process.kill(pid, 'SIGUSR2');
  const heapBytes = await until(`${pid} has collected its garbage`, () => readNumber(path));
  return { heapBytes, privateBytes: privateBytes(pid) };
}

async function startKeeper(home: string, options: string): Promise<void> {
  const { runDir } = keeperFiles(home);
  mkdirSync(runDir, { recursive: true, mode: 0o700 });
  const program = join(compiledTree, 'daemon', 'keeper', 'main.js');
  const child = spawn(process.execPath, [...keeperFlags, program, home], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'], NODE_OPTIONS: options, [notifyVariable]: '3' },
  });
  child.unref();
  await text(child.stdio[3] as Readable);
}

/** Removed with the home. */
function folderOf({ path }: TestHome): string {
  return dirname(path);
}

function readNumber(path: string): number | null {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
