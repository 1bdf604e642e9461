import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeDurably } from '../api/durable-file.ts';

/**
 * One file that is always whole: it holds what was saved last or, after a crash or a power loss
 * during a save, what was saved before that.
 */
export class CheckpointFile {
  readonly path: string;

  constructor(file: string) {
    this.path = file;
  }

  /** The text saved last; undefined when there is none. Rejects when the file cannot be read. */
  async load(): Promise<string | undefined> {
    try {
      return await readFile(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Resolves when the text is on the disk. One save at a time. */
  async save(text: string): Promise<void> {
    await mkdir(path.dirname(this.path), { recursive: true, mode: 0o700 });
    await writeDurably(this.path, text);
  }
}
