/** The process of a thread host: started, found again by its environment, and ended. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { notifyVariable } from '../../notify.ts';
import {
  bootId,
  hasProc,
  identify,
  initialEnvironment,
  type ProcessIdentity,
  readProcess,
  snapshotProcesses,
} from '../../processes.ts';
import type { System } from '../../system.ts';
import { hasEnded } from '../adopted-processes.ts';
import { KeeperError } from '../keeper-error.ts';
import { openOwnLog } from '../own-log.ts';
import { protocolVersion } from '../protocol.ts';
import { isSameFolder } from '../tree.ts';

const program = join(import.meta.dirname, 'host.js');
const startTimeoutMs = 20_000;
/** How long a killed process may take to be gone, and how often we look. */
const goneMs = 2000;
const lookMs = 5;

/** Set in every host, to the version of the keeper that started it. */
const marker = 'SUPERBOT_THREAD_HOST';

export interface HostProcessOptions {
  readonly runDir: string;
  readonly logsDir: string;
  readonly system: System;
  readonly warn: (text: string) => void;
}

export interface StartedHost {
  readonly identity: ProcessIdentity;
  readonly child: ChildProcess;
}

/** Resolves once it listens, or has died at it; throws a KeeperError when it cannot be executed. */
export async function startHost(options: HostProcessOptions): Promise<StartedHost> {
  const { runDir, logsDir, system, warn } = options;
  const log = openOwnLog(join(logsDir, 'thread-host.log'), warn);
  const child = spawn(process.execPath, ['--enable-source-maps', program, runDir], {
    // Not the folder that clean-up scripts remove: a thread needs one that is there.
    cwd: dirname(runDir),
    env: {
      PATH: process.env['PATH'],
      SUPERBOT_HOME: dirname(runDir),
      [marker]: String(protocolVersion),
      [notifyVariable]: '3',
    },
    // Its stdin is a pipe for the sake of its end: then the keeper has died.
    stdio: ['pipe', log, log, 'pipe'],
    detached: true,
  });
  if (log !== 'ignore') closeSync(log);
  const { pid } = child;
  if (pid === undefined) {
    const [{ message, code }] = (await once(child, 'error')) as [NodeJS.ErrnoException];
    throw new KeeperError('spawn_failed', `cannot execute the thread host: ${message}`, code);
  }
  const identity = { pid, startTime: readProcess(pid)?.startTime ?? '', bootId: bootId() };
  const deadline = system.after(startTimeoutMs, () => child.kill('SIGKILL'));
  // It closes the pipe once it listens, or by dying.
  await text(child.stdio[3] as Readable);
  deadline.cancel();
  return { identity, child };
}

/** All that run for this home and this version, whoever started them. Linux only: none elsewhere. */
export function findHosts(runDir: string): ProcessIdentity[] {
  if (!hasProc) return [];
  const home = dirname(runDir);
  return [...snapshotProcesses().values()].flatMap(({ pid, zombie }) => {
    const environment = zombie ? null : initialEnvironment(pid);
    if (!environment?.includes(`${marker}=${protocolVersion}`)) return [];
    const entry = environment.find((one) => one.startsWith('SUPERBOT_HOME='));
    const isOurs = entry !== undefined && isSameFolder(entry.slice('SUPERBOT_HOME='.length), home);
    const identity = isOurs ? identify(pid) : null;
    return identity ? [identity] : [];
  });
}

/**
 * With all its threads; resolves when it is gone. It may have died of itself before, and its pid be
 * another's by now.
 */
export async function endHost(identity: ProcessIdentity, system: System): Promise<void> {
  if (hasEnded(identity)) return;
  process.kill(identity.pid, 'SIGKILL');
  await endsWithin(identity, system, goneMs);
}

/** Resolves with whether it has, as soon as it has. */
export async function endsWithin(
  identity: ProcessIdentity,
  system: System,
  withinMs: number,
): Promise<boolean> {
  const untilMs = system.monotonicMs() + withinMs;
  while (!hasEnded(identity)) {
    if (system.monotonicMs() >= untilMs) return false;
    await new Promise<void>((resolve) => system.after(lookMs, resolve));
  }
  return true;
}
