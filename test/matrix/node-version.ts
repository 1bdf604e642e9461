import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const installMsMax = 300_000;

export interface InstalledNode {
  /** As it says itself: v24.1.0. */
  readonly version: string;
  /** The folder for PATH. */
  readonly bin: string;
  readonly program: string;
}

/**
 * Installs a version of Node, the newest that begins with it, from the npm package `node` into the
 * user's cache. Where the registry cannot be reached the one that is there already will do; rejects
 * when there is none.
 */
export async function installNode(version: string): Promise<InstalledNode> {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const dir = join(cache, 'superbot', 'node', version);
  await mkdir(dir, { recursive: true });
  const options = ['--no-audit', '--no-fund', '--loglevel=error', '--prefix', dir];
  const problem = await run('npm', ['install', ...options, `node@${version}`], {
    cwd: dir,
    timeout: installMsMax,
  }).then(() => null, whyNpmFailed);
  const bin = join(dir, 'node_modules', 'node', 'bin');
  const program = join(bin, 'node');
  try {
    const { stdout } = await run(program, ['--version']);
    if (problem !== null) console.error(`Node ${version} is the one of last time: ${problem}`);
    return { version: stdout.trim(), bin, program };
  } catch (error) {
    const why = problem ?? (error as Error).message;
    throw new Error(`cannot install Node ${version} from the npm package "node": ${why}`, {
      cause: error,
    });
  }
}

function whyNpmFailed(error: unknown): string {
  const { message, stderr = '' } = error as Error & { stderr?: string };
  return stderr === '' ? message : stderr.trim().split('\n').slice(0, 4).join('; ');
}
