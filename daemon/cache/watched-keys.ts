/** The keys whose values somebody keeps near, so that only of those it is told when they change. */
export class WatchedKeys {
  readonly #keysMax: number;
  readonly #keys = new Set<string>();

  constructor(keysMax: number) {
    this.#keysMax = keysMax;
  }

  get size(): number {
    return this.#keys.size;
  }

  /** False when there was no room: all are forgotten, and whoever keeps any value has to be told. */
  add(key: string): boolean {
    const hasRoom = this.#keys.size < this.#keysMax || this.#keys.has(key);
    if (!hasRoom) this.#keys.clear();
    this.#keys.add(key);
    return hasRoom;
  }

  /** Whether it was watched; it is not any more, until somebody reads it again. */
  take(key: string): boolean {
    return this.#keys.delete(key);
  }

  /** Whether any was. */
  takeAll(): boolean {
    const had = this.#keys.size > 0;
    this.#keys.clear();
    return had;
  }
}
