/** How far every other daemon has come: which of its events are missing, and which came before. */

/** Runs of daemons; beyond it those are forgotten that were heard longest ago. */
const originsMax = 1000;
/** More than a daemon publishes while nobody notices that its events are missing. */
const leapMax = 1_000_000;

interface Position {
  readonly n: number;
  /** False when what is missing up to the next event was told already. */
  readonly isSure: boolean;
  /**
   * A number too far ahead to be believed before its origin goes on from there. Anybody who reaches
   * Redis can say one, and it would silence the daemon if nothing lower counted any more.
   */
  readonly leap: number | null;
}

/** How many events are missing. */
export type Missing = number | 'unknown';

export class Origins {
  readonly #positions = new Map<string, Position>();

  get size(): number {
    return this.#positions.size;
  }

  /**
   * An event arrived: what is missing before it, or that it, or a later one, was here.
   * Of an origin that was never heard of nothing is missing.
   */
  arrived(origin: string, n: number): Missing | 'again' {
    return this.#reached(origin, n, n - 1);
  }

  /** The origin says that it has come so far: what is missing. */
  told(origin: string, n: number): Missing {
    const missing = this.#reached(origin, n, n);
    return missing === 'again' ? 0 : missing;
  }

  /** @param last that may be missing */
  #reached(origin: string, n: number, last: number): Missing | 'again' {
    const position = this.#positions.get(origin);
    if (position === undefined) {
      this.#set(origin, { n, isSure: true, leap: null });
      return 0;
    }
    const { leap, isSure } = position;
    if (n <= position.n || n === leap) return 'again';
    const isFromLeap = leap !== null && n > leap && n - leap <= leapMax;
    const from = isFromLeap ? leap : position.n;
    if (n - from > leapMax) {
      this.#set(origin, { ...position, leap: n });
      return isSure ? 'unknown' : 0;
    }
    this.#set(origin, { n, isSure: true, leap: null });
    return isSure ? last - from : 0;
  }

  /** It was told that anything may be missing up to now. */
  forgive(): void {
    for (const [origin, position] of this.#positions)
      this.#positions.set(origin, { ...position, isSure: false });
  }

  #set(origin: string, position: Position): void {
    // Deleted first, so that the map stays in the order of time.
    this.#positions.delete(origin);
    this.#positions.set(origin, position);
    const [oldest] = this.#positions.keys();
    if (this.#positions.size > originsMax && oldest !== undefined) this.#positions.delete(oldest);
  }
}
