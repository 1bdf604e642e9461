/**
 * How a background process tells its starter that it serves, or why not: one JSON line on an
 * inherited descriptor, which is then closed. The starter needs no polling, and end-of-file without
 * a line means that the process died.
 */
import { closeSync, writeSync } from 'node:fs';

export type StartReport =
  | { readonly ready: true; readonly pid: number; readonly endpoint: string }
  | {
      readonly ready: false;
      readonly error: string;
      readonly exit: number;
      /** Pid of the daemon that has this home. */
      readonly already_running?: number;
    };

/** The environment variable that names the descriptor. */
export const notifyVariable = 'SUPERBOT_NOTIFY_FD';

/** Reports at most once; does nothing when nobody asked. */
export class StartNotifier {
  #fd: number | null;

  constructor(fd: string | undefined) {
    const number = Number(fd);
    this.#fd = fd !== undefined && Number.isInteger(number) && number > 2 ? number : null;
  }

  report(report: StartReport): void {
    if (this.#fd === null) return;
    const fd = this.#fd;
    this.#fd = null;
    try {
      writeSync(fd, JSON.stringify(report) + '\n');
      closeSync(fd);
    } catch (error) {
      // The starter went away; what it would have been told is in the log as well.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EPIPE' && code !== 'EBADF') throw error;
    }
  }
}
