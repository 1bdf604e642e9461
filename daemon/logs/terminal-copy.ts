/**
 * Text for whoever watches the daemon's stdout or stderr, which can never hold the daemon up: what a
 * blocked terminal or pipe does not take at once is dropped and counted, and a closed one ends it.
 */
import { constants, openSync, writeSync } from 'node:fs';

const unsentBytesMax = 256 * 1024;

type StandardStream = typeof process.stdout | typeof process.stderr;

/** How much of a text was taken; `closed` is for good. */
type Taken = 'all' | 'part' | 'none' | 'closed';

export class TerminalCopy {
  readonly #write: (text: string) => Taken;
  #last: Taken = 'all';
  #skippedCount = 0;

  constructor(stream: StandardStream = process.stdout) {
    this.#write = nonBlocking(stream);
  }

  /** @param text whole lines */
  print(text: string): void {
    if (this.#last === 'closed') return;
    if (this.#skippedCount > 0 && this.#put(this.#notice())) this.#skippedCount = 0;
    if (this.#skippedCount > 0 || !this.#put(text)) this.#skippedCount++;
  }

  #put(text: string): boolean {
    const wasCut = this.#last === 'part';
    const taken = this.#write(wasCut ? `\n${text}` : text);
    // Nothing more went out, so the last line there is still the one that was cut.
    this.#last = wasCut && taken === 'none' ? 'part' : taken;
    return taken === 'all';
  }

  #notice(): string {
    return `(${this.#skippedCount} log lines not shown: the terminal was blocked)\n`;
  }
}

function nonBlocking(stream: StandardStream): (text: string) => Taken {
  const fd = reopenNonBlocking(stream.fd);
  if (fd !== null) return (text) => tryWrite(fd, text);
  // A socket cannot be opened again; Node writes to it without blocking, from a buffer we bound.
  let isClosed = false;
  stream.on('error', () => (isClosed = true));
  return (text) => {
    if (isClosed) return 'closed';
    if (stream.writableLength > unsentBytesMax) return 'none';
    stream.write(text);
    return 'all';
  };
}

/** A description of our own, since O_NONBLOCK on the shared one would change the user's shell. */
function reopenNonBlocking(fd: number): number | null {
  if (process.platform !== 'linux') return null;
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK;
  try {
    return openSync(`/proc/self/fd/${fd}`, flags);
  } catch (error) {
    // ENXIO: a socket, or a pipe without a reader. EACCES: a terminal that was another user's before
    // `su`. EIO: a terminal that is gone.
    const { code } = error as NodeJS.ErrnoException;
    if (['ENXIO', 'EACCES', 'ENOENT', 'EIO'].includes(code ?? '')) return null;
    throw error;
  }
}

function tryWrite(fd: number, text: string): Taken {
  try {
    const bytes = Buffer.from(text);
    const writtenBytes = writeSync(fd, bytes);
    return writtenBytes === bytes.length ? 'all' : 'part';
  } catch (error) {
    // EAGAIN: full. EPIPE, EIO and the like: nobody is there any more.
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 'none' : 'closed';
  }
}
