import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

/** Number of the last line of a log file that shows its whole number; 0 when there is none. */
export function lastSeqOf(path: string): number {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
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
