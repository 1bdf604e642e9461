import type { Socket } from 'node:net';

export interface OutboxLimits {
  /** Above this many unsent bytes the outbox counts as congested until all of them are sent. */
  readonly congestedBytes: number;
  /** More unsent bytes than this are not kept: the connection is destroyed. */
  readonly bytesMax: number;
}

/** What is written in one turn is gathered up to this: a read often brings many calls. */
const gatheredBytesMax = 16 * 1024;
/** The most bytes of UTF-8 for a unit of UTF-16. */
const bytesPerUnitMax = 3;
/** Emptied and not needed at the moment, for all connections together. */
const spareBuffers: Buffer[] = [];
const spareBuffersMax = 32;

/**
 * The unsent output of one connection, bounded: someone who calls and never reads costs us at most
 * `bytesMax` bytes and then their connection.
 *
 * Messages are encoded where they are gathered. As strings they would all live until the end of the
 * turn, and moving them about in the small heap of the daemon took half of its time under load.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #limits: OutboxLimits;
  readonly #whenDrained = new Set<() => void>();
  #isCongested = false;
  #gathered: Buffer | null = null;
  #gatheredBytes = 0;

  constructor(socket: Socket, limits: OutboxLimits) {
    this.#socket = socket;
    this.#limits = limits;
    socket.on('drain', () => {
      this.#isCongested = false;
      const callbacks = [...this.#whenDrained];
      this.#whenDrained.clear();
      for (const callback of callbacks) callback();
    });
  }

  get isCongested(): boolean {
    return this.#isCongested;
  }

  /**
   * Sends one message, given in pieces, at the latest at the end of this turn. False when no more
   * can be sent.
   */
  write(...pieces: readonly string[]): boolean {
    if (!this.#socket.writable) return false;
    let bytesAtMost = 1;
    for (const { length } of pieces) bytesAtMost += length * bytesPerUnitMax;
    if (bytesAtMost > gatheredBytesMax - this.#gatheredBytes) this.flush();
    return bytesAtMost > gatheredBytesMax ? this.#writeLarge(pieces) : this.#gather(pieces);
  }

  /** Hands the socket what this turn has brought so far: before it is ended. */
  flush(): void {
    const buffer = this.#gathered;
    const bytes = this.#gatheredBytes;
    this.#gathered = null;
    this.#gatheredBytes = 0;
    if (buffer === null) return;
    if (!this.#socket.writable) keepSpare(buffer);
    else if (this.#socket.writableLength > 0) {
      // It will wait there: in a buffer of its own size.
      this.#socket.write(Buffer.from(buffer.subarray(0, bytes)));
      keepSpare(buffer);
    } else {
      this.#socket.write(buffer.subarray(0, bytes));
      if (this.#socket.writableLength === 0) keepSpare(buffer);
    }
  }

  /** Runs `callback` once, when everything is sent; only meant while congested. */
  onceDrained(callback: () => void): void {
    this.#whenDrained.add(callback);
  }

  #gather(pieces: readonly string[]): boolean {
    if (!this.#hasRoomFor(0)) return false;
    if (this.#gathered === null) {
      this.#gathered = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(gatheredBytesMax);
      process.nextTick(() => this.flush());
    }
    let end = this.#gatheredBytes;
    for (const piece of pieces) end += this.#gathered.write(piece, end);
    this.#gathered[end] = newline;
    this.#gatheredBytes = end + 1;
    return true;
  }

  #writeLarge(pieces: readonly string[]): boolean {
    const bytes = Buffer.from(`${pieces.join('')}\n`);
    if (!this.#hasRoomFor(bytes.length)) return false;
    this.#socket.write(bytes);
    return true;
  }

  #hasRoomFor(bytes: number): boolean {
    const unsentBytes = this.#socket.writableLength + this.#gatheredBytes + bytes;
    // Far above the socket's own mark, so its 'drain' is certain to follow.
    if (unsentBytes > this.#limits.congestedBytes) this.#isCongested = true;
    if (unsentBytes <= this.#limits.bytesMax) return true;
    this.#socket.destroy(new Error('the other side does not read what it is sent'));
    return false;
  }
}

const newline = 0x0a;

function keepSpare(buffer: Buffer): void {
  if (spareBuffers.length < spareBuffersMax) spareBuffers.push(buffer);
}
