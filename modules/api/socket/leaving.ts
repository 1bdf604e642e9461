/** Connections that were followed by another, or are to end, and are not gone yet. */
interface Leaver {
  close(): void;
  terminate(): void;
}

export class Leaving {
  readonly #all = new Set<Leaver>();
  #whenNone: (() => void)[] = [];

  get size(): number {
    return this.#all.size;
  }

  /** Asks it to close, and waits for that. */
  add(connection: Leaver): void {
    this.#all.add(connection);
    connection.close();
  }

  /** It is gone: whether it was one of these. */
  delete(connection: Leaver): boolean {
    const wasHere = this.#all.delete(connection);
    if (wasHere && this.#all.size === 0) for (const tell of this.#whenNone.splice(0)) tell();
    return wasHere;
  }

  /** Leaves none of them its time. */
  hurry(): void {
    for (const connection of [...this.#all]) connection.terminate();
  }

  /** Calls back once when none is left, at once when there is none. */
  whenNone(callback: () => void): void {
    if (this.#all.size === 0) callback();
    else this.#whenNone.push(callback);
  }
}
