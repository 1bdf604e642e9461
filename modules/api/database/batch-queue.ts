/** Rows in memory that are not safe yet, first in first out, and whoever waits for that or for room. */

export interface QueueLimits {
  readonly rowsMax: number;
  readonly bytesMax: number;
}

/** All rows are safe, or they will not be. */
export type OnEnd = (error: Error | null) => void;

/** The rows of one `write`. */
interface Written<Row> {
  readonly rows: readonly Row[];
  readonly bytes: number;
  readonly atMs: number;
  /** How many of them are safe. */
  safe: number;
  readonly onEnd: OnEnd;
}

export class BatchQueue<Row> {
  readonly #limits: QueueLimits;
  /** The oldest first, from `#first` on: the rest is cut off in large pieces, not one by one. */
  #writes: Written<Row>[] = [];
  #first = 0;
  readonly #waiting = new Set<() => void>();
  #rows = 0;
  #bytes = 0;

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  get rows(): number {
    return this.#rows;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get isFull(): boolean {
    return this.#rows >= this.#limits.rowsMax || this.#bytes >= this.#limits.bytesMax;
  }

  /** When the oldest row came; null when there is none. */
  get oldestAtMs(): number | null {
    return this.#writes[this.#first]?.atMs ?? null;
  }

  /** Also when it is full: whoever calls has waited for room. */
  push(rows: readonly Row[], bytes: number, atMs: number, onEnd: OnEnd): void {
    this.#writes.push({ rows, bytes, atMs, safe: 0, onEnd });
    this.#rows += rows.length;
    this.#bytes += bytes;
  }

  /** The oldest rows, which stay. */
  oldest(rowsMax: number): Row[] {
    const found: Row[] = [];
    for (const { rows, safe } of this.#writes.slice(this.#first)) {
      for (const row of safe === 0 ? rows : rows.slice(safe)) {
        if (found.length >= rowsMax) return found;
        found.push(row);
      }
    }
    return found;
  }

  /** So many of the oldest are safe; resolves those writes of which all are. */
  settle(count: number): void {
    for (let left = count; left > 0;) {
      const oldest = this.#writes[this.#first];
      if (oldest === undefined) break;
      const settled = Math.min(left, oldest.rows.length - oldest.safe);
      oldest.safe += settled;
      left -= settled;
      this.#rows -= settled;
      if (oldest.safe < oldest.rows.length) break;
      this.#first += 1;
      this.#bytes -= oldest.bytes;
      oldest.onEnd(null);
    }
    if (this.#first > 1000 || this.#first === this.#writes.length) {
      this.#writes = this.#writes.slice(this.#first);
      this.#first = 0;
    }
    for (const enter of this.#waiting) {
      if (this.isFull) break;
      enter();
    }
  }

  /**
   * Calls `admit` as soon as the queue is not full, in the order in which was asked. Rejects with the
   * signal's reason.
   */
  enter(admit: () => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (!this.isFull && this.#waiting.size === 0) {
      admit();
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', onAbort);
      };
      const enter = () => {
        leave();
        admit();
        resolve();
      };
      const onAbort = () => {
        leave();
        reject(signal.reason as Error);
      };
      this.#waiting.add(enter);
      signal.addEventListener('abort', onAbort);
    });
  }

  /** Gives up all that is left, which no longer will be safe. */
  abandon(error: Error): void {
    for (const { onEnd } of this.#writes.slice(this.#first)) onEnd(error);
    this.#writes = [];
    this.#first = 0;
    this.#rows = 0;
    this.#bytes = 0;
  }
}
