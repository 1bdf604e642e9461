import { mkdir, open, readFile, rename } from 'node:fs/promises';
import path from 'node:path';

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
    const folder = path.dirname(this.path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const temporary = `${this.path}.new`;
    await writeDurably(temporary, text);
    await rename(temporary, this.path);
    await syncFolder(folder);
  }
}

async function writeDurably(file: string, text: string): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the rename itself durable. Windows cannot open folders; its rename is journalled. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
