/** Files that are whole after a crash or a power loss. */
import { open, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Resolves when the file holds this on the disk. At any moment before, and when it rejects, it holds
 * what it held before, or is not there. Its folder has to be there. One at a time for one file.
 */
export async function writeDurably(file: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${file}.new`;
  try {
    await writeAndSync(temporary, data);
    await rename(temporary, file);
  } catch (error) {
    // On a full disk a part of a file is in the way. Where it cannot be removed, the next one replaces it.
    await Promise.allSettled([rm(temporary, { force: true })]);
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** Makes names in it durable: new ones, and a rename. Windows cannot open folders; it journals names. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function writeAndSync(file: string, data: string | Uint8Array): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(data);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
