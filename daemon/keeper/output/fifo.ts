/**
 * Named pipes between a module and whoever reads its output. Unlike a plain pipe a FIFO can be
 * opened again by a new keeper; the daemon holds both ends open too, so a module whose keeper dies
 * blocks for a moment instead of dying of SIGPIPE. See docs/decisions/002-fifos.md.
 */
import { execFileSync } from 'node:child_process';
import { constants, lstatSync, mkdirSync, openSync, readSync, rmSync } from 'node:fs';
import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net';
import { join } from 'node:path';

export const streams = ['stdout', 'stderr'] as const;
export type StreamName = (typeof streams)[number];

export function fifoPath(runDir: string, module: string, stream: StreamName): string {
  return join(runDir, `${module}.${stream}`);
}

/**
 * Makes what is missing, the folder too, all in one process: Node has no mkfifo call.
 * @returns false where there is no mkfifo (Windows)
 */
export function makeFifos(runDir: string, modules: readonly string[]): boolean {
  const missing: string[] = [];
  for (const module of modules) {
    for (const stream of streams) {
      const path = fifoPath(runDir, module, stream);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat?.isFIFO()) continue;
      if (stat) rmSync(path, { recursive: true });
      missing.push(path);
    }
  }
  if (missing.length === 0) return true;
  if (!lstatSync(runDir, { throwIfNoEntry: false })) mkdirSync(runDir, { mode: 0o700 });
  try {
    execFileSync('mkfifo', ['-m', '600', ...missing], { timeout: 10_000, stdio: 'pipe' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

export function removeFifos(runDir: string, module: string): void {
  for (const stream of streams) rmSync(fifoPath(runDir, module, stream), { force: true });
}

/**
 * Opens both ends without blocking: as long as it is open, writers never get EPIPE and readers
 * never see an end.
 */
export function openBothEnds(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
}

/** The end that a child gets. Needs a reader, or it would block. */
export function openWriteEnd(path: string): number {
  return openSync(path, constants.O_WRONLY);
}

/** The largest capacity a pipe may have for an ordinary user (pipe(7)). */
const pipeBytesMax = 1024 * 1024;

/** All readers share it: each reads and copies within one turn of the event loop. */
const sharedBuffer = Buffer.allocUnsafeSlow(64 * 1024);

/** Reads a FIFO by readiness, and can be paused with nothing left in between. */
export class FifoReader {
  readonly #fd: number;
  readonly #socket: Socket;
  readonly #onChunk: (chunk: Buffer) => 'more' | 'pause';

  /** @param onChunk must not keep the chunk */
  constructor(path: string, onChunk: (chunk: Buffer) => 'more' | 'pause') {
    this.#fd = openBothEnds(path);
    this.#onChunk = onChunk;
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: this.#fd,
      readable: true,
      writable: false,
      onread: {
        buffer: sharedBuffer,
        callback: (size) => onChunk(sharedBuffer.subarray(0, size)) === 'more',
      },
    };
    this.#socket = new Socket(options);
    this.#socket.on('error', () => this.#socket.destroy());
    this.#socket.resume();
  }

  resume(): void {
    if (!this.#socket.destroyed) this.#socket.resume();
  }

  /** Takes what the pipe holds right now, past any pause; bounded, should somebody write on. */
  drain(): void {
    for (let taken = 0; taken < pipeBytesMax;) {
      const size = this.#readNow();
      if (size === 0) return;
      taken += size;
      this.#onChunk(sharedBuffer.subarray(0, size));
    }
  }

  close(): void {
    this.#socket.destroy();
  }

  #readNow(): number {
    try {
      return readSync(this.#fd, sharedBuffer);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }
}
