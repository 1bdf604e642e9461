/**
 * A copy of the daemon's log on its own stdout that can never hold the daemon up: what a blocked
 * terminal or pipe does not take at once is dropped and counted, and a closed one ends the copy.
 */
import { constants, openSync, writeSync } from 'node:fs';

const unsentBytesMax = 256 * 1024;

export class TerminalCopy {
  readonly #write: ((text: string) => boolean) | null;
  #skipped = 0;
  #closed = false;

  constructor() {
    this.#write = nonBlockingStdout(() => (this.#closed = true));
  }

  print(text: string): void {
    if (this.#closed || !this.#write) return;
    if (this.#skipped > 0) {
      if (!this.#write(`(${this.#skipped} log lines not shown: the terminal was blocked)\n`)) {
        this.#skipped++;
        return;
      }
      this.#skipped = 0;
    }
    if (!this.#write(text)) this.#skipped++;
  }
}

/** Null where there is no stdout. The function answers whether the text was taken. */
function nonBlockingStdout(onClosed: () => void): ((text: string) => boolean) | null {
  const fd = reopenNonBlocking();
  if (fd !== null) return (text) => tryWrite(fd, text, onClosed);
  // A socket cannot be opened again; Node writes to it without blocking, from a buffer we bound.
  process.stdout.on('error', onClosed);
  return (text) => {
    if (process.stdout.writableLength > unsentBytesMax) return false;
    process.stdout.write(text);
    return true;
  };
}

/** A description of our own, since O_NONBLOCK on the shared one would change the user's shell. */
function reopenNonBlocking(): number | null {
  if (process.platform !== 'linux') return null;
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
  try {
    return openSync('/proc/self/fd/1', flags);
  } catch (error) {
    // ENXIO: a socket. EACCES: a terminal that was another user's before `su`.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENXIO' || code === 'EACCES' || code === 'ENOENT') return null;
    throw error;
  }
}

function tryWrite(fd: number, text: string, onClosed: () => void): boolean {
  try {
    const bytes = Buffer.from(text);
    return writeSync(fd, bytes) === bytes.length;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') onClosed();
    return false;
  }
}
