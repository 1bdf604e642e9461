// The built programs of the tree that this test was compiled into, run as their users run them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { programFile } from '../../config/program-file.ts';
import { notifyVariable, type StartReport } from '../../daemon/notify.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Ending {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface CliResult extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

export interface Programs {
  readonly daemon: string;
  readonly cli: string;
}

/** The bundle where there is one, else the CLI as it is compiled. */
export function programsIn(tree: string): Programs {
  const bundle = join(tree, 'cli', 'superbot-cli.cjs');
  return {
    daemon: programFile(join(tree, 'daemon')),
    cli: existsSync(bundle) ? bundle : join(tree, 'cli', 'main.js'),
  };
}

/** The compiled tree itself. */
export const compiledTree = resolve(import.meta.dirname, '../..');
export const programs = programsIn(compiledTree);

const runDeadlineMs = 60_000;

export interface RunOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** Needs root. */
  readonly uid?: number;
  /** In a session of its own, without a terminal. */
  readonly detached?: boolean;
}

/** Starts a program that is to be heard while it runs. */
export function startNode(
  program: string,
  args: readonly string[],
  { env, cwd, uid, detached = false }: RunOptions,
): { readonly child: ChildProcess; readonly ended: Promise<Ending> } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    detached,
    env: { ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: runDeadlineMs,
    killSignal: 'SIGKILL',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  return { child, ended: endingOf(child) };
}

/** Runs a program to its end. */
export async function runNode(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<CliResult> {
  const { child, ended } = startNode(program, args, options);
  const [stdout, stderr, ending] = await Promise.all([
    text(child.stdout!),
    text(child.stderr!),
    ended,
  ]);
  return { ...ending, stdout, stderr };
}

/** A socket that the test reads or does not read, nothing, or a descriptor. */
export type DaemonStdout = 'read' | 'unread' | 'ignore' | number;

/** A daemon in the foreground, as `npm start` or a service manager runs it. */
export class DaemonProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves with what it said when it answered, or why it does not; null when it died silently. */
  readonly report: Promise<StartReport | null>;
  readonly ended: Promise<Ending>;
  /** Everything it writes there, at its end; empty where nobody reads it. */
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;

  /** @param options `nodeFlags`: such as `daemon start` gives, by default none */
  constructor(
    args: readonly string[],
    options: RunOptions & {
      readonly stdout?: DaemonStdout;
      readonly nodeFlags?: readonly string[];
    },
  ) {
    const { stdout = 'read', nodeFlags = [] } = options;
    const where = stdout === 'read' || stdout === 'unread' ? 'pipe' : stdout;
    this.child = spawn(process.execPath, [...nodeFlags, programs.daemon, ...args], {
      cwd: options.cwd,
      env: { ...options.env, [notifyVariable]: '3' },
      stdio: ['ignore', where, 'pipe', 'pipe'],
    });
    this.pid = this.child.pid ?? 0;
    this.report = text(this.child.stdio[3] as Readable).then((line) =>
      line === '' ? null : (JSON.parse(line) as StartReport),
    );
    this.ended = endingOf(this.child);
    const isRead = stdout === 'read' && this.child.stdout !== null;
    this.stdout = isRead ? text(this.child.stdout!) : Promise.resolve('');
    this.stderr = text(this.child.stderr!);
  }

  /** Resolves when it answers; rejects with its own words when it does not start. */
  async ready(): Promise<this> {
    const report = await this.report;
    if (report?.ready === true) return this;
    throw new Error(`the daemon did not start: ${report?.error ?? (await this.stderr)}`);
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.child.kill(signal);
    return this.ended;
  }
}

async function endingOf(child: ChildProcess): Promise<Ending> {
  const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return { status, signal };
}
