/** So many read at the same time: each may hold a whole answer in memory. */
const readersMax = 4;

/** Whose turn it is to read stored logs, first come, first served. */
export class ReadingTurns {
  #readers = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs `read` when there is room. Rejects with the signal's reason if it is aborted by then. */
  async take<T>(read: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#readers >= readersMax) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else {
      this.#readers += 1;
    }
    try {
      signal.throwIfAborted();
      return await read();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#readers -= 1;
      else next();
    }
  }
}
