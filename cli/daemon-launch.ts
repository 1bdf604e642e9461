/**
 * Runs the daemon in the background and learns how its start ended. The daemon gets its own session
 * and, as descriptor 3, a pipe into which it writes one JSON line before it closes it:
 * `{"ready": true, "pid", "endpoint"}` once it answers, or `{"ready": false, "error"}` before it
 * ends, with `"already_running": PID` when another daemon serves the home.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { programFile } from '../config/program-file.ts';

export type LaunchOutcome =
  | { readonly kind: 'ready'; readonly pid: number; readonly endpoint: string }
  | { readonly kind: 'already_running'; readonly pid: number; readonly error: string }
  | { readonly kind: 'failed'; readonly error: string }
  /** It ended, or closed the pipe, without a word. */
  | { readonly kind: 'died'; readonly how: string }
  /** It goes on starting. */
  | { readonly kind: 'timeout'; readonly pid: number };

export interface LaunchOptions {
  /** The daemon's own command-line arguments. */
  readonly args: readonly string[];
  readonly timeoutMs: number;
  /** Ends the wait only: the daemon goes on starting. */
  readonly signal: AbortSignal;
}

/**
 * A young generation of 2 MB, from the start on: half as many collections as with 1 MB, which it would
 * be with `--optimize-for-size` beside them. The daemon sets that flag itself (daemon/main.ts).
 */
const heapFlags = ['--max-semi-space-size=2', '--min-semi-space-size=2'];

/**
 * The same outside of that heap, for the C library of GNU (mallopt(3)): else each thread of V8 keeps
 * for ever what it once needed to compile, some 5 MB in all.
 */
const allocatorRule = {
  MALLOC_ARENA_MAX: '1',
  MALLOC_TRIM_THRESHOLD_: '65536',
  MALLOC_MMAP_THRESHOLD_: '65536',
};

const noticeLengthMax = 256 * 1024;

/** How the daemon is run, by whomever; both paths are absolute. */
export function daemonProgram(): { node: string; nodeFlags: readonly string[]; program: string } {
  // Beside the bundle: dist/cli/superbot-cli.cjs and dist/daemon.
  const program = programFile(fileURLToPath(new URL('../daemon', import.meta.url)));
  return { node: process.execPath, nodeFlags: heapFlags, program };
}

/** @throws the signal's reason when it is aborted, and when the program cannot be run at all */
export async function launchDaemon(options: LaunchOptions): Promise<LaunchOutcome> {
  const { node, nodeFlags, program } = daemonProgram();
  // Loaded here, because every other command would pay some 5 ms of start-up for it.
  const { spawn } = await import('node:child_process');
  const child = spawn(node, [...nodeFlags, program, ...options.args], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: {
      ...allocatorRule,
      ...ownEnvironment(),
      SUPERBOT_NOTIFY_FD: '3',
      SUPERBOT_BACKGROUND: '1',
    },
  });
  await once(child, 'spawn');
  // Its type allows for processes without this pipe; this one has it.
  const pipe = child.stdio[3] as Readable;
  try {
    return await outcomeOf(child, pipe, options);
  } finally {
    pipe.destroy();
    child.unref();
  }
}

/**
 * Without what a module is told of itself, since a daemon that a module starts is no part of it, and
 * without the mark of a systemd unit, since systemd knows nothing of this one.
 */
function ownEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of ['MODULE', 'LAUNCH', 'LINK_TOKEN', 'PARAMS', 'ENDPOINT', 'SYSTEMD']) {
    Reflect.deleteProperty(env, `SUPERBOT_${name}`);
  }
  return env;
}

async function outcomeOf(
  child: ChildProcess,
  pipe: Readable,
  { timeoutMs, signal }: LaunchOptions,
): Promise<LaunchOutcome> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const either = AbortSignal.any([signal, deadline]);
  try {
    const line = await firstLine(addAbortSignal(either, pipe));
    const outcome = line === null ? null : parseNotice(line);
    if (outcome?.kind === 'ready') return outcome;
    // Whoever starts it again at once shall not meet what is left of this one.
    const how = await exitOf(child, either);
    return outcome ?? { kind: 'died', how };
  } catch (error) {
    signal.throwIfAborted();
    if (!deadline.aborted) throw error;
    return { kind: 'timeout', pid: child.pid ?? 0 };
  }
}

/** Reads a daemon's line; null when it is not one. */
export function parseNotice(line: string): LaunchOutcome | null {
  let notice: unknown;
  try {
    notice = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  if (typeof notice !== 'object' || notice === null) return null;
  const fields = new Map<string, unknown>(Object.entries(notice));
  const [pid, endpoint, error] = [fields.get('pid'), fields.get('endpoint'), fields.get('error')];
  if (fields.get('ready') === true && typeof pid === 'number' && typeof endpoint === 'string') {
    return { kind: 'ready', pid, endpoint };
  }
  if (fields.get('ready') !== false || typeof error !== 'string') return null;
  const other = fields.get('already_running');
  return typeof other === 'number'
    ? { kind: 'already_running', pid: other, error }
    : { kind: 'failed', error };
}

async function firstLine(pipe: Readable): Promise<string | null> {
  let text = '';
  pipe.setEncoding('utf8');
  for await (const chunk of pipe) {
    text += String(chunk);
    const end = text.indexOf('\n');
    if (end >= 0) return text.slice(0, end);
    if (text.length > noticeLengthMax) return null;
  }
  return null;
}

async function exitOf(child: ChildProcess, signal: AbortSignal): Promise<string> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit', { signal });
  const { exitCode, signalCode } = child;
  return signalCode === null ? `exit code ${exitCode ?? 'unknown'}` : `signal ${signalCode}`;
}
