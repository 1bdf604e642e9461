/** The server's idea of the password, where that is another than the file's: a file that was lost. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Binaries } from './binaries.ts';
import { command } from './command.ts';
import type { RunAs } from './run-as.ts';

export interface PasswordOptions {
  readonly binaries: Binaries;
  readonly as: RunAs;
  readonly cluster: string;
  readonly user: string;
  readonly password: string;
  /** Of its programs. */
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const timeoutMs = 120_000;

/** While no server runs. Whoever may write the files of a cluster may do everything in it anyway. */
export async function setPassword(options: PasswordOptions): Promise<void> {
  const { binaries, as, cluster, user, password, signal } = options;
  const { file, args, cwd, ids } = command(binaries, 'postgres', as, cluster, (reached) => [
    ...['--single', '-D', reached, 'postgres'],
  ]);
  const child = spawn(file, args, {
    ...ids,
    cwd,
    env: options.env,
    stdio: ['pipe', 'ignore', 'ignore'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  // A line is a statement here.
  child.stdin.end(`ALTER ROLE ${identifier(user)} PASSWORD ${literal(password)}\n`);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`cannot set the password of "${user}": exit code ${code}`);
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
