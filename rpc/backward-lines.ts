import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

const chunkBytes = 64 * 1024;

/** More than a stored log line can take (64 KB of text, escaped, with its fields). */
const lineBytesMax = 1024 * 1024;

/**
 * The lines of a file from the last to the first, without reading more than is taken: the end of a
 * large log is there at once. Empty lines and lines over 1 MB are left out; memory stays bounded. What
 * is no file, such as a pipe, has no lines.
 */
export async function* linesBackward(path: string): AsyncGenerator<string, void, void> {
  // Opening a pipe would block otherwise. (Windows has no such flag: undefined counts as 0.)
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    let position = stat.isFile() ? stat.size : 0;
    // The bytes from `position` to the next newline found so far; null once there are too many.
    let rest: Buffer | null = Buffer.alloc(0);
    while (position > 0) {
      const wanted = Math.min(chunkBytes, position);
      const { buffer, bytesRead } = await file.read(
        Buffer.alloc(wanted),
        0,
        wanted,
        position - wanted,
      );
      // The file was cut under us: what stood further back is still where it was.
      const chunk = buffer.subarray(0, bytesRead);
      position -= wanted;
      const pieces = splitAtNewlines(chunk);
      const last = pieces.pop() ?? Buffer.alloc(0);
      rest = rest === null ? null : Buffer.concat([last, rest]);
      if (pieces.length > 0) {
        if (rest !== null) yield* text(rest);
        rest = pieces.shift() ?? null;
        for (const piece of pieces.reverse()) yield* text(piece);
      }
      if (rest !== null && rest.length > lineBytesMax) rest = null;
    }
    if (rest !== null) yield* text(rest);
  } finally {
    await file.close();
  }
}

function splitAtNewlines(chunk: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
    pieces.push(chunk.subarray(start, end));
    start = end + 1;
  }
  pieces.push(chunk.subarray(start));
  return pieces;
}

function* text(line: Buffer): Generator<string> {
  if (line.length > 0) yield line.toString('utf8');
}
