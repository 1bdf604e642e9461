import { isAbsolute } from 'node:path';

/**
 * Leaves a working folder that somebody has removed, where every relative path would fail without a
 * word of why. Throws when one of these paths is relative to it.
 */
export function leaveRemovedFolder(paths: readonly (string | undefined)[]): void {
  if (!isWorkingFolderGone()) return;
  const relative = paths.find((path) => path !== undefined && path !== '' && !isAbsolute(path));
  if (relative !== undefined) {
    throw new Error(
      `cannot find "${relative}": it is relative to the working folder, which was removed — change to another folder, or give the whole path`,
    );
  }
  process.chdir('/');
}

function isWorkingFolderGone(): boolean {
  try {
    process.cwd();
    return false;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return true;
  }
}
