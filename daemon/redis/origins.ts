/** How far every other daemon has come: which of its events are missing, and which came before. */

/** Runs of daemons; beyond it those are forgotten that were heard longest ago. */
const originsMax = 1000;

interface Position {
  readonly n: number;
  /** False when what is missing up to the next event was told already. */
  readonly isSure: boolean;
}

export class Origins {
  readonly #positions = new Map<string, Position>();

  get size(): number {
    return this.#positions.size;
  }

  /**
   * An event arrived: how many before it are missing, or null when it, or a later one, was here.
   * Of an origin that was never heard of nothing is missing.
   */
  arrived(origin: string, n: number): number | null {
    const last = this.#positions.get(origin);
    if (last !== undefined && n <= last.n) return null;
    this.#set(origin, n);
    return last?.isSure === true ? n - last.n - 1 : 0;
  }

  /** The origin says that it has come so far: how many events are missing. */
  told(origin: string, n: number): number {
    const last = this.#positions.get(origin);
    if (last !== undefined && n <= last.n) return 0;
    this.#set(origin, n);
    return last?.isSure === true ? n - last.n : 0;
  }

  /** It was told that anything may be missing up to now. */
  forgive(): void {
    for (const [origin, { n }] of this.#positions)
      this.#positions.set(origin, { n, isSure: false });
  }

  #set(origin: string, n: number): void {
    // Deleted first, so that the map stays in the order of time.
    this.#positions.delete(origin);
    this.#positions.set(origin, { n, isSure: true });
    const [oldest] = this.#positions.keys();
    if (this.#positions.size > originsMax && oldest !== undefined) this.#positions.delete(oldest);
  }
}
