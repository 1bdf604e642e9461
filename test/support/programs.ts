// The built programs of the tree that this test was compiled into, run as their users run them.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
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
  const bundle = join(tree, 'cli', 'superbot-cli.js');
  return {
    daemon: join(tree, 'daemon', 'main.js'),
    cli: existsSync(bundle) ? bundle : join(tree, 'cli', 'main.js'),
  };
}

/** The compiled tree itself. */
export const compiledTree = resolve(import.meta.dirname, '../..');
export const programs = programsIn(compiledTree);

const cliDeadlineMs = 60_000;

export interface RunOptions {
  readonly env: Environment;
  readonly cwd?: string;
  /** Needs root. */
  readonly uid?: number;
}

/** Runs a program to its end. */
export async function runNode(
  program: string,
  args: readonly string[],
  options: RunOptions,
): Promise<CliResult> {
  const { uid } = options;
  const child = spawn(process.execPath, [program, ...args], {
    cwd: options.cwd,
    env: { ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: cliDeadlineMs,
    killSignal: 'SIGKILL',
    ...(uid === undefined ? {} : { uid, gid: uid }),
  });
  const [stdout, stderr, ending] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    endingOf(child),
  ]);
  return { ...ending, stdout, stderr };
}

/** A daemon in the foreground, as `npm start` or a service manager runs it. */
export class DaemonProcess {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Resolves with what it said when it answered, or why it does not; null when it died silently. */
  readonly report: Promise<StartReport | null>;
  readonly ended: Promise<Ending>;
  /** Everything it writes there, at its end; empty where `stdout` was given. */
  readonly stdout: Promise<string>;
  readonly stderr: Promise<string>;

  /** @param stdout a descriptor instead of a pipe that the test reads */
  constructor(args: readonly string[], options: RunOptions & { readonly stdout?: number }) {
    this.child = spawn(process.execPath, [programs.daemon, ...args], {
      cwd: options.cwd,
      env: { ...options.env, [notifyVariable]: '3' },
      stdio: ['ignore', options.stdout ?? 'pipe', 'pipe', 'pipe'],
    });
    this.pid = this.child.pid ?? 0;
    this.report = text(this.child.stdio[3] as Readable).then((line) =>
      line === '' ? null : (JSON.parse(line) as StartReport),
    );
    this.ended = endingOf(this.child);
    this.stdout = this.child.stdout === null ? Promise.resolve('') : text(this.child.stdout);
    this.stderr = text(this.child.stderr as Readable);
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
