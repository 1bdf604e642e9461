/** One output stream of a module, as its keeper reads it: from a FIFO or from a plain pipe. */
import type { ChildProcess } from 'node:child_process';
import { closeSync, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { FifoReader, openWriteEnd, type StreamName } from './fifo.ts';

/** Must not keep the chunk. After `pause` nothing comes before `resume`, except from `drain`. */
export type ChunkSink = (chunk: Buffer) => 'more' | 'pause';

export interface OutputSource {
  /** False when the next child could not write into it, because somebody removed its file. */
  readonly isInPlace: boolean;
  /** What `spawn` gets for this stream. Each call is followed by one of `spawned`. */
  childEnd(): number | 'pipe';
  /** Releases the keeper's copy of the child's end; null when nothing was spawned. */
  spawned(child: ChildProcess | null): void;
  resume(): void;
  /** The child has ended: resolves when what it wrote is taken, with a bound on the wait. */
  drain(): Promise<void>;
  close(): void;
}

/** Outlives single launches, the keeper too. */
export class FifoSource implements OutputSource {
  readonly #path: string;
  readonly #reader: FifoReader;
  readonly #inode: string | null;
  #childEnd: number | null = null;

  /** @param place where to open it; not its path when that leads to another one by now */
  constructor(path: string, place: string, sink: ChunkSink) {
    this.#path = path;
    this.#reader = new FifoReader(place, sink);
    this.#inode = inodeOf(place);
  }

  get isInPlace(): boolean {
    return inodeOf(this.#path) === this.#inode;
  }

  childEnd(): number {
    this.#childEnd = openWriteEnd(this.#path);
    return this.#childEnd;
  }

  spawned(): void {
    if (this.#childEnd !== null) closeSync(this.#childEnd);
    this.#childEnd = null;
  }

  resume(): void {
    this.#reader.resume();
  }

  drain(): Promise<void> {
    this.#reader.drain();
    return Promise.resolve();
  }

  close(): void {
    this.#reader.close();
  }
}

function inodeOf(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? `${stat.dev}/${stat.ino}` : null;
}

/** A descendant that lives on may hold the pipe open for ever. */
const endPatienceMs = 500;

/** Where there is no mkfifo. Its module dies with the keeper, of EPIPE at its next line. */
export class PlainPipeSource implements OutputSource {
  readonly isInPlace = true;
  readonly #stream: StreamName;
  readonly #sink: ChunkSink;
  #pipe: Readable | null = null;

  constructor(stream: StreamName, sink: ChunkSink) {
    this.#stream = stream;
    this.#sink = sink;
  }

  childEnd(): 'pipe' {
    return 'pipe';
  }

  spawned(child: ChildProcess | null): void {
    const pipe = child?.[this.#stream] ?? null;
    this.#pipe = pipe;
    pipe?.on('error', () => pipe.destroy());
    pipe?.on('data', (chunk: Buffer) => {
      if (this.#sink(chunk) === 'pause') pipe.pause();
    });
  }

  resume(): void {
    this.#pipe?.resume();
  }

  async drain(): Promise<void> {
    const pipe = this.#pipe;
    if (!pipe || pipe.closed) return;
    await new Promise<void>((resolve) => {
      const deadline = setTimeout(resolve, endPatienceMs);
      pipe.once('close', () => {
        clearTimeout(deadline);
        resolve();
      });
    });
  }

  close(): void {
    this.#pipe?.destroy();
  }
}
