/**
 * A pipe whose name somebody has removed lives on in the process that writes to it, and can be opened
 * there (proc(5)). Without that a module which still writes to it could not be taken over.
 */
import { readdirSync, readlinkSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { hasProc } from '../../processes.ts';

/** Where to open the pipe that `writer` has: at `path`, unless that is not the one any more. */
export function placeOfPipe(path: string, writer: number | null): string {
  if (!hasProc || writer === null) return path;
  try {
    const openFiles = `/proc/${writer}/fd`;
    // As stdout and stderr of a launch are, which is nearly all that is ever asked.
    if (['1', '2'].some((fd) => isSameFile(path, `${openFiles}/${fd}`))) return path;
    return removedPipe(path, openFiles) ?? path;
  } catch (error) {
    // The folder or the process is gone, or the process is not ours to look at.
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    return path;
  }
}

function isSameFile(path: string, other: string): boolean {
  const [one, two] = [path, other].map((file) => statSync(file, { throwIfNoEntry: false }));
  return one !== undefined && one.ino === two?.ino && one.dev === two.dev;
}

function removedPipe(path: string, openFiles: string): string | null {
  const place = join(realpathSync(dirname(path)), basename(path));
  // In ascending order: a program has it as descriptor 1 or 2, so that the search is soon over.
  for (const fd of readdirSync(openFiles)) {
    const file = readlinkSync(`${openFiles}/${fd}`);
    if (file === place) return null;
    if (file === `${place} (deleted)`) return `${openFiles}/${fd}`;
  }
  return null;
}
