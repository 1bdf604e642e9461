/** What the daemon's signals mean. */
import { closeSync, openSync } from 'node:fs';
import type { Log } from './logs/daemon-log.ts';

export interface SignalActions {
  readonly stop: () => void;
  /** The operator is out of patience: SIGKILL to every tree. Never rejects. */
  readonly kill: () => Promise<void>;
}

/** SIGTERM and SIGINT stop; the second one of them kills and ends the process with status 130. */
export function watchForSignals({ stop, kill }: SignalActions, log: Log): void {
  const hadTerminal = hasTerminal();
  let asked = false;
  const end = (signal: string): void => {
    log.info({ signal }, asked ? 'asked to stop again: killing' : 'asked to stop');
    if (asked) void kill().finally(() => process.exit(130));
    else stop();
    asked = true;
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) end('SIGHUP (the terminal is gone)');
    else log.warn('ignored SIGHUP: this version reads its configuration at the start only');
  });
}

/** Whether this process has a controlling terminal (tty(4)): a hang-up takes it away. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false; // ENXIO without one, EIO after a hang-up, ENOENT in a container without /dev/tty.
  }
}
