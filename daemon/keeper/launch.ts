/** Starts one child in a session of its own, its output on the module's pipes, stdin empty. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { bootId, readProcess } from '../processes.ts';
import type { System } from '../system.ts';
import { KeeperError } from './keeper-error.ts';
import type { ModuleOutput } from './output/module-output.ts';
import { type LaunchSpec, protocolVersion } from './protocol.ts';
import type { LaunchRecord } from './record.ts';

/** What wait(2) told of its end; both null when nobody saw it. */
export type OnExit = (code: number | null, signal: string | null) => void;

export interface StartedChild {
  readonly record: LaunchRecord;
  /** Called once; never lost, since it is set in the turn of the spawn. */
  readonly onExit: (callback: OnExit) => void;
}

/** Throws a KeeperError `spawn_failed` with the errno when the program cannot be executed. */
export async function startChild(
  spec: LaunchSpec,
  output: ModuleOutput,
  system: System,
): Promise<StartedChild> {
  const startedMonotonicMs = system.monotonicMs();
  const startedAt = new Date(system.now()).toISOString();
  const child = spawnOnPipes(spec, output);
  if (child.pid === undefined) {
    const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    throw spawnFailure(spec, error);
  }
  // Even one that has ended already is there to be read: it is reaped in a later turn.
  const startTime = readProcess(child.pid)?.startTime ?? '';
  const identity = { pid: child.pid, startTime, bootId: bootId() };
  const started = { identity, startedAt, startedMonotonicMs };
  return {
    record: newRecord(spec, started),
    onExit: (callback) => void child.once('exit', callback),
  };
}

export function newRecord(
  { kind = 'process', name, launch, note, stop, log }: LaunchSpec,
  started: Pick<LaunchRecord, 'identity' | 'startedAt' | 'startedMonotonicMs'>,
): LaunchRecord {
  const protocol = protocolVersion;
  return { kind, protocol, name, launch, ...started, note, stop, log, exit: null };
}

function spawnOnPipes(spec: LaunchSpec, output: ModuleOutput): ChildProcess {
  const [program = '', ...args] = spec.argv;
  try {
    return output.connect(({ stdout, stderr }) =>
      spawn(program, args, {
        cwd: spec.cwd,
        env: spec.env,
        stdio: ['ignore', stdout, stderr],
        detached: true,
        ...(spec.user ?? {}),
      }),
    );
  } catch (error) {
    const { syscall, message } = error as NodeJS.ErrnoException;
    if (syscall === 'open') throw pipesGone(spec, message);
    // Some failures are thrown instead of emitted, such as an environment that is too long.
    throw spawnFailure(spec, error as NodeJS.ErrnoException);
  }
}

function spawnFailure(spec: LaunchSpec, { message, code }: NodeJS.ErrnoException): KeeperError {
  const what = `cannot execute "${spec.argv[0] ?? ''}" in "${spec.cwd}": ${message}`;
  return new KeeperError('spawn_failed', what, code);
}

/** Not the program's fault, so not one of those that say that it cannot be launched. */
function pipesGone({ name }: LaunchSpec, why: string): KeeperError {
  const advice = 'if somebody removed the folder, stop the daemon and start it again';
  return new KeeperError(
    'internal',
    `cannot open the output pipes of "${name}": ${why} — ${advice}`,
  );
}
