/** Whoever waits until so many rows, of all that ever came, are committed. */
export class BatchFlushes {
  readonly #waiting = new Set<{ readonly rows: number; readonly resolve: () => void }>();

  get isAny(): boolean {
    return this.#waiting.size > 0;
  }

  /** Rejects with the signal's reason. */
  wait(rows: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(flush);
        signal.removeEventListener('abort', onAbort);
      };
      const flush = {
        rows,
        resolve: () => {
          leave();
          resolve();
        },
      };
      const onAbort = () => {
        leave();
        reject(signal.reason as Error);
      };
      this.#waiting.add(flush);
      signal.addEventListener('abort', onAbort);
      if (signal.aborted) onAbort();
    });
  }

  committed(rows: number): void {
    for (const flush of this.#waiting) if (flush.rows <= rows) flush.resolve();
  }
}
