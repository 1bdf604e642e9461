/** The configuration without a daemon: `superbot --check` judges it. */
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { programFile } from '../config/program-file.ts';
import type { Session } from './session.ts';

export interface CheckedConfig {
  readonly isValid: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

const timeoutMs = 30_000;

/** As `checkConfig`, saying on stderr that no daemon was asked. */
export function checkWithoutDaemon(
  session: Session,
  args: readonly string[],
): Promise<CheckedConfig> {
  session.output.note('the daemon is not running: asked superbot --check instead');
  return checkConfig(session, args);
}

/** Rejects when the check itself cannot be run. */
export async function checkConfig(
  { options, interrupted }: Session,
  args: readonly string[],
): Promise<CheckedConfig> {
  // Beside the bundle: dist/cli/superbot-cli.cjs and dist/daemon.
  const entry = programFile(fileURLToPath(new URL('../daemon', import.meta.url)));
  const home = options.home === undefined ? [] : ['--home', options.home];
  // Loaded here, because every other command would pay some 5 ms of start-up for it.
  const { spawn } = await import('node:child_process');
  const child = spawn(process.execPath, [entry, '--check', ...home, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal: AbortSignal.any([interrupted, AbortSignal.timeout(timeoutMs)]),
  });
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  if (status === 0 || status === 1) return { isValid: status === 0, stdout, stderr };
  throw new Error(`superbot --check did not end as it should (${status ?? 'killed'}): ${stderr}`);
}
