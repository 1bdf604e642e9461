/** Lets so many run at a time, the others in the order in which they came. */
export class Semaphore {
  #limit: number;
  readonly #queuedMax: number;
  readonly #queued = new Set<() => void>();
  #running = 0;

  constructor(limit: number, queuedMax: number) {
    this.#limit = limit;
    this.#queuedMax = queuedMax;
  }

  get running(): number {
    return this.#running;
  }

  get queued(): number {
    return this.#queued.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** More may run at once; where it is fewer, those that run now are left to end. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#next();
  }

  get isFull(): boolean {
    return this.#running >= this.#limit && this.#queued.size >= this.#queuedMax;
  }

  /** Resolves when there is room, which is taken until `end`; rejects with the signal's reason. */
  async begin(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const leave = () => {
        this.#queued.delete(start);
        signal.removeEventListener('abort', onAbort);
      };
      const start = () => {
        leave();
        resolve();
      };
      const onAbort = () => {
        leave();
        reject(signal.reason as Error);
      };
      this.#queued.add(start);
      signal.addEventListener('abort', onAbort);
      this.#next();
    });
  }

  end(): void {
    this.#running -= 1;
    this.#next();
  }

  #next(): void {
    for (const start of this.#queued) {
      if (this.#running >= this.#limit) return;
      this.#running += 1;
      start();
    }
  }
}
