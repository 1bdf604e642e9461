import { createReadStream, type ReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { pipeline } from 'node:stream';
import { decodeFrame, type Frame, magic } from './archive-format.ts';

/** Reads a backup file frame by frame, as fast as they are taken. */
export class ArchiveReader {
  readonly #source: ReadStream;
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(file: string) {
    this.#source = createReadStream(file);
    const gunzip = createGunzip();
    // Whoever reads has the error.
    pipeline(this.#source, gunzip, () => undefined);
    this.#chunks = gunzip[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** Rejects when there is no such file, or it is no backup. */
  static async open(file: string): Promise<ArchiveReader> {
    const reader = new ArchiveReader(file);
    while (reader.#rest.length < magic.length) {
      if (!(await reader.#more())) throw new Error('it is not a backup of superbot');
    }
    if (reader.#rest.toString('latin1', 0, magic.length) !== magic)
      throw new Error('it is not a backup of superbot, or of another version');
    reader.#rest = reader.#rest.subarray(magic.length);
    return reader;
  }

  /** Compressed, so far. */
  get bytes(): number {
    return this.#source.bytesRead;
  }

  /** Rejects at the end of a file that is not whole, and at damage. */
  async next(): Promise<Frame> {
    for (;;) {
      const decoded = decodeFrame(this.#rest);
      if (decoded !== null) {
        this.#rest = this.#rest.subarray(decoded.length);
        return decoded.frame;
      }
      if (!(await this.#more())) throw new Error('it ends in the middle');
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
    this.#source.destroy();
  }

  async #more(): Promise<boolean> {
    const next = await this.#nextChunk();
    if (next.done === true) return false;
    this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    return true;
  }

  async #nextChunk(): Promise<IteratorResult<Buffer>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code?.startsWith('Z_') !== true) throw error;
      throw new Error(`it is no backup, or cut or damaged (${message})`, { cause: error });
    }
  }
}
