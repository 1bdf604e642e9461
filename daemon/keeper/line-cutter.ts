/**
 * Cuts one output stream into log lines. A line over the limit comes in parts, cut between UTF-8
 * characters; what follows the last newline waits for `flush`.
 */

export const lineBytesMax = 64 * 1024;

/** Receives each line; `continues` is true for every part of a long line but its last. */
export type LineSink = (text: string, continues: boolean) => void;

const newline = 0x0a;
const carriageReturn = 0x0d;

export class LineCutter {
  #rest: Buffer = Buffer.alloc(0);
  readonly #sink: LineSink;

  constructor(sink: LineSink) {
    this.#sink = sink;
  }

  /** The chunk may be reused by the caller afterwards. */
  push(chunk: Buffer): void {
    let start = 0;
    let end = chunk.indexOf(newline);
    if (this.#rest.length > 0 && end !== -1) {
      this.#emit(Buffer.concat([this.#rest, chunk.subarray(0, end)]));
      this.#rest = Buffer.alloc(0);
      start = end + 1;
      end = chunk.indexOf(newline, start);
    }
    while (end !== -1) {
      this.#emit(chunk.subarray(start, end));
      start = end + 1;
      end = chunk.indexOf(newline, start);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  /** The stream ended: a last line without newline is a line. */
  flush(): void {
    if (this.#rest.length === 0) return;
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    this.#emit(rest);
  }

  #keep(bytes: Buffer): void {
    let rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : Buffer.from(bytes);
    while (rest.length > lineBytesMax) {
      const cut = characterBoundary(rest, lineBytesMax);
      this.#sink(rest.toString('utf8', 0, cut), true);
      rest = rest.subarray(cut);
    }
    this.#rest = rest;
  }

  #emit(line: Buffer): void {
    let rest = line;
    if (rest.length > 0 && rest[rest.length - 1] === carriageReturn) rest = rest.subarray(0, -1);
    while (rest.length > lineBytesMax) {
      const cut = characterBoundary(rest, lineBytesMax);
      this.#sink(rest.toString('utf8', 0, cut), true);
      rest = rest.subarray(cut);
    }
    this.#sink(rest.toString('utf8'), false);
  }
}

/** The largest cut not above `limit` that splits no well-formed UTF-8 character (RFC 3629). */
function characterBoundary(bytes: Buffer, limit: number): number {
  for (let cut = limit; cut > limit - 4; cut--) {
    if (((bytes[cut] ?? 0) & 0b1100_0000) !== 0b1000_0000) return cut;
  }
  return limit;
}
