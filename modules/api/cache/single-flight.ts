/** Work that is under way, as it sees itself. */
export interface Flight {
  /** Aborted when nobody waits any more. */
  readonly signal: AbortSignal;
  /** Something newer is known: its result is for those who wait already, and for nobody else. */
  readonly isForgotten: boolean;
}

/** Callers who want the same at the same time have it done once. */
export class SingleFlight {
  readonly #flights = new Map<string, Shared>();

  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins what is under way for the key, or begins it. A caller whose signal is aborted leaves the
   * others waiting; the work is aborted when nobody waits any more.
   */
  async run(
    key: string,
    work: (flight: Flight) => Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    signal?.throwIfAborted();
    const flight = this.#flights.get(key) ?? this.#begin(key, work);
    flight.waiting += 1;
    try {
      return await (signal === undefined ? flight.result : orAborted(flight.result, signal));
    } finally {
      flight.waiting -= 1;
      if (flight.waiting === 0) this.#end(key, flight);
    }
  }

  /** Whoever comes from now on does not join what is under way; who waits for it still gets it. */
  forget(key: string): void {
    const flight = this.#flights.get(key);
    if (flight) flight.seen.isForgotten = true;
    this.#flights.delete(key);
  }

  /** The same for all, when it is not known which: what is under way is not told. */
  forgetAll(): void {
    this.#flights.clear();
  }

  #begin(key: string, work: (flight: Flight) => Promise<unknown>): Shared {
    const abort = new AbortController();
    const seen = { signal: abort.signal, isForgotten: false };
    const result = work(seen);
    const flight = { seen, result, abort, waiting: 0, isDone: false };
    const done = () => void (flight.isDone = true);
    // Also a failure is told to whoever waits; where nobody does it is the abort that caused it.
    flight.result.then(done, done);
    this.#flights.set(key, flight);
    return flight;
  }

  #end(key: string, flight: Shared): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key);
    if (!flight.isDone)
      flight.abort.abort(new Error(`nobody waits for ${JSON.stringify(key)} any more`));
  }
}

interface Shared {
  readonly seen: { readonly signal: AbortSignal; isForgotten: boolean };
  readonly result: Promise<unknown>;
  readonly abort: AbortController;
  waiting: number;
  isDone: boolean;
}

async function orAborted(result: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  let stop: (() => void) | undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([result, aborted]);
  } finally {
    if (stop) signal.removeEventListener('abort', stop);
  }
}
