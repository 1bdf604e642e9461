interface Updated {
  readonly updatedAt: Date | null;
}

/**
 * Says when a list whose newest updates come first has been read far enough. The venue ignores an order
 * that it does not know without a word; then nothing can be left out, and the list is read to its end.
 */
export class UpdateOrder {
  readonly #sinceMs: number | null;
  #newestMs: number | null = null;
  #lastMs = Infinity;
  #isKept = true;

  /** @param sinceMs nothing before it is wanted; null wants everything */
  constructor(sinceMs: number | null) {
    this.#sinceMs = sinceMs;
  }

  get newestMs(): number | null {
    return this.#newestMs;
  }

  /** To be called with each page in turn: whether all that follows is older. */
  isPast(rows: readonly Updated[]): boolean {
    for (const { updatedAt } of rows) {
      if (updatedAt === null) continue;
      const atMs = updatedAt.getTime();
      if (atMs > this.#lastMs) this.#isKept = false;
      this.#lastMs = atMs;
      this.#newestMs = Math.max(this.#newestMs ?? 0, atMs);
    }
    return this.#isKept && this.#sinceMs !== null && this.#lastMs < this.#sinceMs;
  }
}
