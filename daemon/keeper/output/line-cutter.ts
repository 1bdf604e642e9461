/**
 * Cuts one output stream into log lines. A line over the limit comes in parts, cut between UTF-8
 * characters; what follows the last newline waits for `flush`.
 */

export const lineBytesMax = 64 * 1024;

/**
 * Receives lines, at least one, in order; with `continues` the one part of a long line that is not
 * its last.
 */
export type LinesSink = (texts: readonly string[], continues: boolean) => void;

const newline = 0x0a;
const carriageReturn = 0x0d;

export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);
  readonly #sink: LinesSink;

  constructor(sink: LinesSink) {
    this.#sink = sink;
  }

  /** The chunk may be reused by the caller afterwards. */
  push(chunk: Buffer): void {
    // In pieces no longer than a line may be, so that only the first of each can be too long.
    for (let start = 0; start < chunk.length; start += lineBytesMax) {
      this.#push(chunk.subarray(start, start + lineBytesMax));
    }
  }

  /** The stream ended: a last line without newline is a line. */
  flush(): void {
    if (this.#rest.length === 0) return;
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.#endLine(rest);
  }

  #push(piece: Buffer): void {
    const last = piece.lastIndexOf(newline);
    let start = 0;
    if (last !== -1 && this.#rest.length > 0) {
      const first = piece.indexOf(newline);
      this.#endLine(Buffer.concat([this.#rest, piece.subarray(0, first)]));
      this.#rest = Buffer.alloc(0);
      start = first + 1;
    }
    if (start <= last) this.#sink(splitLines(piece.subarray(start, last)), false);
    if (last + 1 < piece.length) this.#keep(piece.subarray(last + 1));
  }

  #keep(bytes: Buffer): void {
    const rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : Buffer.from(bytes);
    this.#rest = this.#cutParts(rest);
  }

  #endLine(line: Buffer): void {
    const hasReturn = line.length > 0 && line[line.length - 1] === carriageReturn;
    const rest = this.#cutParts(hasReturn ? line.subarray(0, -1) : line);
    this.#sink([rest.toString('utf8')], false);
  }

  /** @returns what is not too long any more */
  #cutParts(line: Buffer): Buffer {
    let rest = line;
    while (rest.length > lineBytesMax) {
      const cut = characterBoundary(rest, lineBytesMax);
      this.#sink([rest.toString('utf8', 0, cut)], true);
      rest = rest.subarray(cut);
    }
    return rest;
  }
}

/** A newline ends any character, so bytes may be decoded before they are split. */
function splitLines(bytes: Buffer): string[] {
  const lines = bytes.toString('utf8').split('\n');
  if (!bytes.includes(carriageReturn)) return lines;
  return lines.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line));
}

/** The largest cut not above `limit` that splits no well-formed UTF-8 character (RFC 3629). */
function characterBoundary(bytes: Buffer, limit: number): number {
  for (let cut = limit; cut > limit - 4; cut--) {
    if (((bytes[cut] ?? 0) & 0b1100_0000) !== 0b1000_0000) return cut;
  }
  return limit;
}
