/** One received line without its newline, or the news that a line broke the cap. */
export type Line = { kind: 'line'; text: string } | { kind: 'too_long' };

/**
 * Turns received bytes into lines, as UTF-8, in time linear in the bytes: a line that arrives in many
 * small chunks is joined once. At most `bytesMax` bytes of an unfinished line are kept.
 *
 * Pull, not push: whoever reads may stop between two lines of one chunk, and may change `bytesMax`
 * there (the cap is small until a connection is authenticated).
 */
export class LineReader {
  /** The longest line accepted, in bytes without the newline. */
  bytesMax: number;
  readonly #unread: Buffer[] = [];
  #offset = 0;
  #lineStart: Buffer[] = [];
  #lineStartBytes = 0;
  #isBroken = false;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  push(chunk: Buffer): void {
    if (!this.#isBroken && chunk.length > 0) this.#unread.push(chunk);
  }

  /** The next line, or null until more bytes arrive. After `too_long` there are no further lines. */
  next(): Line | null {
    for (;;) {
      const chunk = this.#unread[0];
      if (chunk === undefined) return null;
      const newline = chunk.indexOf(0x0a, this.#offset);
      const piece = chunk.subarray(this.#offset, newline === -1 ? chunk.length : newline);
      if (this.#lineStartBytes + piece.length > this.bytesMax) return this.#break();
      this.#lineStart.push(piece);
      this.#lineStartBytes += piece.length;
      this.#advance(chunk, newline);
      if (newline !== -1) return { kind: 'line', text: this.#takeLine() };
    }
  }

  #advance(chunk: Buffer, newline: number): void {
    this.#offset = newline + 1;
    if (newline !== -1 && this.#offset < chunk.length) return;
    this.#unread.shift();
    this.#offset = 0;
  }

  // Decoded only when whole, so that a character split across two chunks stays one character.
  #takeLine(): string {
    const bytes =
      this.#lineStart.length === 1 ? this.#lineStart[0] : Buffer.concat(this.#lineStart);
    this.#lineStart = [];
    this.#lineStartBytes = 0;
    return bytes?.toString('utf8') ?? '';
  }

  #break(): Line {
    this.#isBroken = true;
    this.#unread.length = 0;
    this.#lineStart = [];
    return { kind: 'too_long' };
  }
}
