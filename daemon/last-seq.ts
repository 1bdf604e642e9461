import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

/**
 * Number of the last line of a log file that shows its whole number; 0 when there is none. Throws for
 * what is no file, such as a pipe that somebody put in its place.
 */
export function lastSeqOf(path: string): number {
  let fd: number;
  try {
    // Opening a pipe would block otherwise. (Windows has no such flag: undefined counts as 0.)
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error(`"${path}" is not a regular file`);
    const { size } = stat;
    // A stored line is at most 64 KB of text, which JSON escapes may make six times as long.
    const tail = Buffer.alloc(Math.min(size, 512 * 1024));
    readSync(fd, tail, 0, tail.length, size - tail.length);
    // The comma proves that no digit was torn off.
    const seqs = tail.toString('latin1').match(/^\{"seq":\d+(?=,)/gm);
    return Number(seqs?.at(-1)?.slice('{"seq":'.length) ?? 0);
  } finally {
    closeSync(fd);
  }
}
