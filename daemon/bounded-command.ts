/**
 * A command of the operator's, such as a health check: a short-lived child of the daemon in a session
 * of its own. Whatever it does, it leaves nothing: its output is bounded, and when it has ended, or its
 * time is up, every process that it started is ended as well, found as a module's are by descent,
 * session and environment, and by what it has inherited.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { markedBy, openMark } from './inherited-mark.ts';
import { TreeEnder } from './keeper/ending.ts';
import { ownersByVariable } from './keeper/tree.ts';
import { readProcess } from './processes.ts';
import type { System } from './system.ts';

export interface BoundedCommand {
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** What it may read. */
  readonly stdin?: string;
}

/** Marks the processes of one run, so that none escapes by a double fork. */
const marker = 'SUPERBOT_COMMAND';
const outputBytesMax = 1024 * 1024;
const tailLengthMax = 4096;

export class BoundedCommands {
  readonly #system: System;
  readonly #ender: TreeEnder;

  constructor(system: System) {
    this.#system = system;
    const byVariable = ownersByVariable(marker, () => new Set([process.pid]));
    this.#ender = new TreeEnder(system, (one) => markedBy(one) ?? byVariable(one));
  }

  /**
   * Resolves when nothing of it is left: with null when it exited with 0, else with why not. The
   * signal ends it.
   */
  async run(command: BoundedCommand, signal: AbortSignal): Promise<string | null> {
    const id = this.#system.randomHex(8);
    const child = start(command, id);
    if (child instanceof Error) return `it cannot be executed: ${child.message}`;
    const startTime = readProcess(child.pid ?? 0)?.startTime ?? '';
    const output = collect(child);
    const outcome = await ended(child, output.flooded, signal);
    const root = { module: id, process: { pid: child.pid ?? 0, startTime } };
    const rule = { signal: 'SIGKILL', timeoutMs: 0, scope: 'tree' } as const;
    if (child.pid !== undefined) await this.#ender.end(root, rule);
    output.close();
    return outcome === null ? null : [outcome, output.lastLine()].filter(Boolean).join(': ');
  }
}

function start({ argv, cwd, env, user, stdin }: BoundedCommand, id: string): ChildProcess | Error {
  const [program, ...args] = argv;
  const mark = openMark(id);
  try {
    const child = spawn(program, args, {
      cwd,
      env: { ...env, [marker]: id },
      stdio: ['pipe', 'pipe', 'pipe', ...(mark === null ? [] : [mark])],
      detached: true,
      ...(user ?? {}),
    });
    // It need not read what it is given.
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(stdin);
    return child;
  } catch (error) {
    // Some failures are thrown instead of emitted, such as an environment that is too long.
    return error as Error;
  } finally {
    if (mark !== null) closeSync(mark);
  }
}

/** Null for exit code 0. */
function ended(
  child: ChildProcess,
  flooded: Promise<void>,
  signal: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    const onTimeout = (): void => end('it did not end in time');
    const end = (why: string | null): void => {
      // A signal that is made of others is kept for as long as somebody listens to it.
      signal.removeEventListener('abort', onTimeout);
      resolve(why);
    };
    child.once('error', (error) => end(`it cannot be executed: ${error.message}`));
    child.once('exit', (code, by) => {
      if (by !== null) end(`it was ended by ${by}`);
      else end(code === 0 ? null : `exit code ${code ?? 'unknown'}`);
    });
    void flooded.then(() => end(`it prints more than ${outputBytesMax / 1024 / 1024} MB`));
    if (signal.aborted) onTimeout();
    else signal.addEventListener('abort', onTimeout, { once: true });
  });
}

interface Output {
  /** Resolves when more came than is taken; nothing is read any more. */
  readonly flooded: Promise<void>;
  readonly lastLine: () => string;
  readonly close: () => void;
}

function collect({ stdout, stderr }: ChildProcess): Output {
  const streams = [stdout, stderr].filter((stream) => stream !== null);
  let tail = '';
  let bytes = 0;
  const flooded = new Promise<void>((resolve) => {
    for (const stream of streams) {
      stream.on('data', (chunk: Buffer) => {
        tail = (tail + chunk.toString('utf8')).slice(-tailLengthMax);
        bytes += chunk.length;
        if (bytes <= outputBytesMax) return;
        for (const each of streams) each.pause();
        resolve();
      });
      // The end of a pipe whose writers were killed is no news.
      stream.on('error', () => undefined);
    }
  });
  return {
    flooded,
    lastLine: () => tail.trimEnd().split('\n').at(-1)?.trim().slice(0, 500) ?? '',
    close: () => streams.forEach((stream) => stream.destroy()),
  };
}
