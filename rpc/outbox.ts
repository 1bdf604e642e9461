import type { Socket } from 'node:net';

export interface OutboxLimits {
  /** Above this many unsent bytes the outbox counts as congested until all of them are sent. */
  readonly congestedBytes: number;
  /** More unsent bytes than this are not kept: the connection is destroyed. */
  readonly bytesMax: number;
  /** Calls back when no more is to be expected for now. Default: before anything else is read. */
  readonly afterTurn?: ((callback: () => void) => void) | undefined;
}

/** A longer message is not gathered. */
const bufferBytes = 16 * 1024;
/** What is written in one turn is gathered up to this: a read often brings many calls. */
const gatheredBytesMax = 8 * bufferBytes;
/** The most bytes of UTF-8 for a unit of UTF-16. */
const bytesPerUnitMax = 3;
/** Emptied and not needed at the moment, for all connections together. */
const spareBuffers: Buffer[] = [];
const spareBuffersMax = 64;

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
  /** Full ones, each cut to what is in it, and one to be filled. */
  #full: Buffer[] = [];
  #open: Buffer | null = null;
  #openBytes = 0;
  #gatheredBytes = 0;
  #isFlushDue = false;

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
    if (bytesAtMost > bufferBytes) return this.#writeLarge(pieces);
    if (bytesAtMost > bufferBytes - this.#openBytes) this.#closeBuffer();
    if (this.#gatheredBytes > gatheredBytesMax) this.flush();
    return this.#gather(pieces);
  }

  /** Hands the socket what this turn has brought so far: before it is ended. */
  flush(): void {
    this.#closeBuffer();
    const buffers = this.#full;
    if (buffers.length === 0) return;
    this.#full = [];
    this.#gatheredBytes = 0;
    const socket = this.#socket;
    const mustWait = socket.writableLength > 0;
    if (socket.writable) {
      // In one call of the system.
      if (buffers.length > 1) socket.cork();
      // What will wait there does so in a buffer of its own size.
      for (const buffer of buffers) socket.write(mustWait ? Buffer.from(buffer) : buffer);
      if (buffers.length > 1) socket.uncork();
    }
    if (mustWait || socket.writableLength === 0) buffers.forEach(keepSpare);
  }

  /** Runs `callback` once, when everything is sent; only meant while congested. */
  onceDrained(callback: () => void): void {
    this.#whenDrained.add(callback);
  }

  #gather(pieces: readonly string[]): boolean {
    if (!this.#hasRoomFor(0)) return false;
    const buffer = (this.#open ??= spareBuffers.pop() ?? Buffer.allocUnsafeSlow(bufferBytes));
    let end = this.#openBytes;
    for (const piece of pieces) end += buffer.write(piece, end);
    buffer[end] = newline;
    end += 1;
    this.#gatheredBytes += end - this.#openBytes;
    this.#openBytes = end;
    if (this.#isFlushDue) return true;
    this.#isFlushDue = true;
    (this.#limits.afterTurn ?? process.nextTick)(() => {
      this.#isFlushDue = false;
      this.flush();
    });
    return true;
  }

  #closeBuffer(): void {
    if (this.#open === null) return;
    this.#full.push(this.#open.subarray(0, this.#openBytes));
    this.#open = null;
    this.#openBytes = 0;
  }

  #writeLarge(pieces: readonly string[]): boolean {
    this.flush();
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

/** @param part of a buffer, from its beginning */
function keepSpare({ buffer }: Buffer): void {
  if (spareBuffers.length < spareBuffersMax) spareBuffers.push(Buffer.from(buffer));
}
