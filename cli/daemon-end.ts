import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from './process-life.ts';

const pollMs = 25;

export interface RunningDaemon {
  readonly pid: number;
  /** Null where it listens on TCP. */
  readonly socketPath: string | null;
}

/** `socket_left`: the process ended without removing its socket, so it did not end cleanly. */
export type DaemonEnd = 'gone' | 'socket_left' | 'timeout';

/**
 * Takes down what identifies a daemon, to be called before it is asked to stop; the returned function
 * then waits until that process and its socket file are gone. A daemon that somebody starts
 * meanwhile in the same place is not mistaken for the old one.
 *
 * @throws the signal's reason when it is aborted
 */
export function watchForEnd(
  daemon: RunningDaemon,
): (timeoutMs: number, signal: AbortSignal) => Promise<DaemonEnd> {
  const processBefore = processIdentity(daemon.pid);
  const socketBefore = socketIdentity(daemon.socketPath);
  const processRuns = () => processBefore !== null && processIdentity(daemon.pid) === processBefore;
  const socketStays = () =>
    socketBefore !== null && socketIdentity(daemon.socketPath) === socketBefore;

  return async (timeoutMs, signal) => {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      signal.throwIfAborted();
      if (!processRuns()) {
        if (!socketStays()) return 'gone';
        // A pid that was never visible (another pid namespace) says nothing: the socket alone does.
        if (processBefore !== null) return 'socket_left';
      }
      if (performance.now() >= deadlineMs) return 'timeout';
      await delay(pollMs, undefined, { signal });
    }
  };
}

function socketIdentity(path: string | null): string | null {
  if (path === null) return null;
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? null : `${stat.dev}:${stat.ino}:${stat.ctimeMs}`;
}
