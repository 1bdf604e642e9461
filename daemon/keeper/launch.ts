/** Starts one child in a session of its own, its output on the module's pipes, stdin empty. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { bootId, readProcess } from '../processes.ts';
import type { System } from '../system.ts';
import { KeeperError } from './keeper-error.ts';
import type { ModuleOutput } from './module-output.ts';
import type { LaunchSpec } from './protocol.ts';
import type { LaunchRecord } from './record.ts';

export interface StartedChild {
  readonly record: LaunchRecord;
  /** Called once, with what wait(2) told; never lost, since it is set in the turn of the spawn. */
  onExit(callback: (code: number | null, signal: string | null) => void): void;
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
  if (child.pid === undefined) throw await spawnFailure(spec, child);
  // Even one that has ended already is there to be read: it is reaped in a later turn.
  const startTime = readProcess(child.pid)?.startTime ?? '';
  const identity = { pid: child.pid, startTime, bootId: bootId() };
  const { name, launch, note, stop, log } = spec;
  return {
    record: { name, launch, identity, startedAt, startedMonotonicMs, note, stop, log, exit: null },
    onExit: (callback) => child.once('exit', callback),
  };
}

function spawnOnPipes(spec: LaunchSpec, output: ModuleOutput): ChildProcess {
  const [program = '', ...args] = spec.argv;
  const ends = output.openWriteEnds();
  try {
    return spawn(program, args, {
      cwd: spec.cwd,
      env: spec.env,
      stdio: ['ignore', ends.stdout, ends.stderr],
      detached: true,
      ...(spec.user ?? {}),
    });
  } finally {
    closeSync(ends.stdout);
    closeSync(ends.stderr);
  }
}

async function spawnFailure(spec: LaunchSpec, child: ChildProcess): Promise<KeeperError> {
  const [error] = (await once(child, 'error')) as [NodeJS.ErrnoException];
  const message = `cannot execute "${spec.argv[0] ?? ''}" in "${spec.cwd}": ${error.message}`;
  return new KeeperError('spawn_failed', message, error.code);
}
