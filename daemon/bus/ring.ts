/** The last items of a row, bounded in number and in bytes. */
export class Ring<T> {
  readonly #entriesMax: number;
  readonly #bytesMax: number;
  readonly #bytesOf: (item: T) => number;
  #items: (T | null)[] = [];
  /** Where the oldest is: dropping the head of an array would cost its whole length. */
  #head = 0;
  #bytes = 0;

  constructor(limits: { entriesMax: number; bytesMax: number }, bytesOf: (item: T) => number) {
    this.#entriesMax = limits.entriesMax;
    this.#bytesMax = limits.bytesMax;
    this.#bytesOf = bytesOf;
  }

  get size(): number {
    return this.#items.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Gives what had to go, oldest first: perhaps the item itself, when it alone is too large. */
  push(item: T): T[] {
    this.#items.push(item);
    this.#bytes += this.#bytesOf(item);
    const gone: T[] = [];
    while (this.size > this.#entriesMax || this.#bytes > this.#bytesMax) {
      const oldest = this.#items[this.#head] as T;
      this.#items[this.#head] = null;
      this.#head += 1;
      this.#bytes -= this.#bytesOf(oldest);
      gone.push(oldest);
    }
    if (this.#head > this.#entriesMax) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return gone;
  }

  /** Oldest first. */
  items(): T[] {
    return this.#items.slice(this.#head) as T[];
  }
}
