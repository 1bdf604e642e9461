import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, constants } from 'node:zlib';
import { syncFolder } from '../../api/durable-file.ts';
import { encodeFrame, type Frame, magic } from './archive-format.ts';

/** Writes a backup file, which has its name only when all of it is on the disk. */
export class ArchiveWriter {
  readonly #file: string;
  readonly #partial: string;
  // A stronger one takes four times as long for a tenth less.
  readonly #gzip = createGzip({ level: constants.Z_BEST_SPEED });
  readonly #sink;
  readonly #written: Promise<void>;
  readonly #failed = new AbortController();

  private constructor(file: string) {
    this.#file = file;
    this.#partial = `${file}.partial`;
    this.#sink = createWriteStream(this.#partial, { mode: 0o600, flush: true });
    this.#written = pipeline(this.#gzip, this.#sink);
    // Whoever writes or finishes next has the error.
    this.#written.catch((error: unknown) => this.#failed.abort(error));
    this.#gzip.write(magic);
  }

  /** Rejects when there is a file of that name already, or no folder for it. */
  static async create(file: string): Promise<ArchiveWriter> {
    if (await exists(file)) throw new Error(`there is a file ${file} already`);
    const folder = path.dirname(file);
    if (!(await exists(folder))) throw new Error(`there is no folder ${folder}`);
    return new ArchiveWriter(file);
  }

  /** Compressed, so far. */
  get bytes(): number {
    return this.#sink.bytesWritten;
  }

  /** Why the file cannot be written on; null while it can. */
  get failure(): Error | null {
    return this.#failed.signal.aborted ? (this.#failed.signal.reason as Error) : null;
  }

  /** As fast as the disk takes it. */
  async write(frame: Frame): Promise<void> {
    const { signal } = this.#failed;
    signal.throwIfAborted();
    if (this.#gzip.write(encodeFrame(frame))) return;
    try {
      await once(this.#gzip, 'drain', { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    }
  }

  /** Resolves when the file is on the disk under its name. */
  async finish(): Promise<void> {
    this.#gzip.end();
    await this.#written;
    await rename(this.#partial, this.#file);
    await syncFolder(path.dirname(this.#file));
  }

  /** Leaves nothing behind. */
  async discard(): Promise<void> {
    this.#gzip.destroy();
    await Promise.allSettled([this.#written]);
    await rm(this.#partial, { force: true });
  }
}

async function exists(file: string): Promise<boolean> {
  try {
    await access(file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}
