import type { Socket } from 'node:net';

export interface OutboxLimits {
  /** Above this many unsent bytes the outbox counts as congested until all of them are sent. */
  readonly congestedBytes: number;
  /** More unsent bytes than this are not kept: the connection is destroyed. */
  readonly bytesMax: number;
}

/**
 * The unsent output of one connection, bounded: someone who calls and never reads costs us at most
 * `bytesMax` bytes and then their connection.
 */
export class Outbox {
  readonly #socket: Socket;
  readonly #limits: OutboxLimits;
  readonly #whenDrained = new Set<() => void>();
  #isCongested = false;
  #gathered = '';
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

  /** Sends one message in one piece, at the end of this turn. False when no more can be sent. */
  write(text: string): boolean {
    if (!this.#socket.writable) return false;
    const bytes = Buffer.byteLength(text) + 1;
    const unsentBytes = this.#socket.writableLength + this.#gatheredBytes + bytes;
    if (unsentBytes > this.#limits.bytesMax) {
      this.#socket.destroy(new Error('the other side does not read what it is sent'));
      return false;
    }
    // What is written in one turn leaves in one system call: a read often brings many calls.
    if (this.#gathered === '') process.nextTick(() => this.flush());
    this.#gathered += `${text}\n`;
    this.#gatheredBytes += bytes;
    // Far above the socket's own mark, so its 'drain' is certain to follow.
    if (unsentBytes > this.#limits.congestedBytes) this.#isCongested = true;
    return true;
  }

  /** Hands the socket what this turn has brought so far: before it is ended. */
  flush(): void {
    const text = this.#gathered;
    this.#gathered = '';
    this.#gatheredBytes = 0;
    if (text !== '' && this.#socket.writable) this.#socket.write(text);
  }

  /** Runs `callback` once, when everything is sent; only meant while congested. */
  onceDrained(callback: () => void): void {
    this.#whenDrained.add(callback);
  }
}
