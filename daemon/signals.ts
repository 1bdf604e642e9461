/** What the daemon's signals mean. */
import { closeSync, openSync } from 'node:fs';
import type { Log } from './logs/daemon-log.ts';

export interface SignalActions {
  readonly stop: () => void;
  /** The operator is out of patience: SIGKILL to every tree. */
  readonly kill: () => Promise<void>;
  readonly reload: () => void;
}

const interruptedStatus = 130;
/** How long the stop may still take after everything has been killed. */
const afterKillMsDefault = 5000;

/**
 * SIGTERM and SIGINT stop. The second one of them kills, and the stop under way then ends with exit
 * status 130, at the latest after `afterKillMs`; a third one does not even wait for that. SIGHUP
 * reloads, unless it says that the terminal is gone.
 */
export function watchForSignals(
  { stop, kill, reload }: SignalActions,
  log: Log,
  afterKillMs = afterKillMsDefault,
): void {
  const hadTerminal = hasTerminal();
  let asked = 0;
  const end = (signal: string): void => {
    asked += 1;
    if (asked > 2) process.exit(interruptedStatus);
    log.info({ signal }, asked === 1 ? 'asked to stop' : 'asked to stop again: killing');
    if (asked === 1) {
      stop();
      return;
    }
    process.exitCode = interruptedStatus;
    setTimeout(() => process.exit(), afterKillMs);
    kill().catch((error: unknown) => log.error({ err: error }, 'cannot kill all modules'));
  };
  process.on('SIGTERM', () => end('SIGTERM'));
  process.on('SIGINT', () => end('SIGINT'));
  process.on('SIGHUP', () => {
    if (hadTerminal && !hasTerminal()) end('SIGHUP (the terminal is gone)');
    else reload();
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
