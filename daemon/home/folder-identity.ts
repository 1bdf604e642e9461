import { statSync } from 'node:fs';

/** Device and inode: the same by every path to the folder. Null when it is not there, or not ours to see. */
export function folderIdentity(path: string): string | null {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}/${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return null;
    throw error;
  }
}
