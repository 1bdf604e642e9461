import { isAscii, isUtf8 } from 'node:buffer';

/** One received line without its newline, or why there is none. */
export type Line = { kind: 'line'; text: string } | { kind: 'not_utf8' } | { kind: 'too_long' };

/**
 * Turns received bytes into lines, as UTF-8, in time linear in the bytes. Of an unfinished line at
 * most `bytesMax` bytes are kept, in at most twice that memory, also when they come one by one.
 *
 * Pull, not push: whoever reads may stop between two lines of one chunk, and may change `bytesMax`
 * there (the cap is small until a connection is authenticated).
 */
export class LineReader {
  /** The longest line accepted, in bytes without the newline. */
  bytesMax: number;
  readonly #unread: Buffer[] = [];
  /** The first of them as text, where a byte is a character: then lines are cut out of that. */
  #unreadText: string | null = null;
  #offset = 0;
  #lineStart = Buffer.alloc(0);
  #lineStartBytes = 0;
  #isBroken = false;

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax;
  }

  /** What `next` has not looked at yet. */
  get unreadBytes(): number {
    return this.#unread.reduce((bytes, { length }) => bytes + length, -this.#offset);
  }

  get hasUnread(): boolean {
    return this.#unread.length > 0;
  }

  push(chunk: Buffer): void {
    if (this.#isBroken || chunk.length === 0) return;
    this.#unread.push(chunk);
    if (this.#unread.length === 1) this.#begin(chunk);
  }

  /** The next line, or null until more bytes arrive. After `too_long` there are no further lines. */
  next(): Line | null {
    for (;;) {
      const chunk = this.#unread[0];
      if (chunk === undefined) return null;
      const line = this.#nextOfText();
      if (line !== null) return line;
      const newline = chunk.indexOf(0x0a, this.#offset);
      const piece = chunk.subarray(this.#offset, newline === -1 ? chunk.length : newline);
      if (this.#lineStartBytes + piece.length > this.bytesMax) return this.#break();
      this.#advance(chunk, newline);
      if (newline !== -1) return this.#takeLine(piece);
      this.#keep(piece);
    }
  }

  /** A line that lies whole in the first chunk, and that chunk in ASCII; null for all others. */
  #nextOfText(): Line | null {
    const text = this.#unreadText;
    if (text === null || this.#lineStartBytes > 0) return null;
    const newline = text.indexOf('\n', this.#offset);
    if (newline === -1 || newline - this.#offset > this.bytesMax) return null;
    const line = text.slice(this.#offset, newline);
    this.#advance(text, newline);
    return { kind: 'line', text: line };
  }

  #advance({ length }: { readonly length: number }, newline: number): void {
    this.#offset = newline + 1;
    if (newline !== -1 && this.#offset < length) return;
    this.#unread.shift();
    this.#begin(this.#unread[0]);
  }

  #begin(chunk: Buffer | undefined): void {
    this.#offset = 0;
    this.#unreadText = chunk !== undefined && isAscii(chunk) ? chunk.toString('latin1') : null;
  }

  // Copied rather than kept as chunks: a chunk of one byte takes a hundred bytes of memory.
  #keep(piece: Buffer): void {
    const bytes = this.#lineStartBytes + piece.length;
    if (bytes > this.#lineStart.length) {
      const larger = Buffer.allocUnsafe(Math.max(bytes, 2 * this.#lineStart.length));
      this.#lineStart.copy(larger, 0, 0, this.#lineStartBytes);
      this.#lineStart = larger;
    }
    piece.copy(this.#lineStart, this.#lineStartBytes);
    this.#lineStartBytes = bytes;
  }

  // Decoded only when whole, so that a character split across two chunks stays one character.
  #takeLine(last: Buffer): Line {
    if (this.#lineStartBytes === 0) return decoded(last);
    this.#keep(last);
    const bytes = this.#lineStart.subarray(0, this.#lineStartBytes);
    this.#lineStart = Buffer.alloc(0);
    this.#lineStartBytes = 0;
    return decoded(bytes);
  }

  #break(): Line {
    this.#isBroken = true;
    this.#unread.length = 0;
    this.#lineStart = Buffer.alloc(0);
    return { kind: 'too_long' };
  }
}

// Decoding would replace what is not UTF-8, and two ids or names that differ could become the same.
function decoded(bytes: Buffer): Line {
  return isUtf8(bytes) ? { kind: 'line', text: bytes.toString('utf8') } : { kind: 'not_utf8' };
}
