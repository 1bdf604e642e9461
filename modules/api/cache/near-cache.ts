/**
 * Values of the cache that are kept in the module itself. Kept is only what was read without a change
 * of its key being told meanwhile: an answer that is older than what is known goes to whoever asked
 * for it, and no further.
 */

export interface NearOptions {
  /** Milliseconds that never step back. */
  readonly nowMs: () => number;
  readonly entriesMax: number;
  readonly bytesMax: number;
}

/** What was read from further away. */
export interface Read {
  readonly value: unknown;
  readonly leftMs: number;
  /** As JSON. */
  readonly bytes: number;
}

interface Entry {
  readonly value: unknown;
  readonly bytes: number;
  readonly readMs: number;
  readonly expiresMs: number;
}

export class NearCache {
  readonly #options: NearOptions;
  /** The one that was asked for longest ago comes first. */
  readonly #entries = new Map<string, Entry>();
  /** By key, of those that are being read. */
  readonly #readings = new Map<string, Set<{ isOvertaken: boolean }>>();
  #bytes = 0;

  constructor(options: NearOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** @param ageMsMax since it began to be read */
  get(key: string, ageMsMax: number): { readonly value: unknown } | null {
    const entry = this.#entries.get(key);
    if (entry === undefined) return null;
    const nowMs = this.#options.nowMs();
    if (nowMs >= entry.expiresMs) {
      this.#drop(key);
      return null;
    }
    if (nowMs - entry.readMs > ageMsMax) return null;
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    return entry;
  }

  /** Keeps what `read` gives, frozen, unless the key is forgotten before it gives it. */
  async keep<R extends Read | null>(key: string, read: () => Promise<R>): Promise<R> {
    const readMs = this.#options.nowMs();
    const reading = { isOvertaken: false };
    const readings = this.#readings.get(key) ?? new Set();
    this.#readings.set(key, readings.add(reading));
    try {
      const found = await read();
      if (found !== null && !reading.isOvertaken) this.#put(key, found, readMs);
      return found;
    } finally {
      readings.delete(reading);
      if (readings.size === 0 && this.#readings.get(key) === readings) this.#readings.delete(key);
    }
  }

  /** The key was set or deleted: neither what is here nor what is on its way is good any more. */
  forget(key: string): void {
    this.#drop(key);
    for (const reading of this.#readings.get(key) ?? []) reading.isOvertaken = true;
  }

  forgetAll(): void {
    this.#entries.clear();
    this.#bytes = 0;
    for (const readings of this.#readings.values())
      for (const reading of readings) reading.isOvertaken = true;
  }

  #put(key: string, { value, leftMs, bytes }: Read, readMs: number): void {
    const { entriesMax, bytesMax } = this.#options;
    this.#drop(key);
    if (bytes > bytesMax) return;
    this.#entries.set(key, { value: frozen(value), bytes, readMs, expiresMs: readMs + leftMs });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= entriesMax && this.#bytes <= bytesMax) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#bytes -= entry.bytes;
  }
}

/** All who ask get the same object: none shall change it for the others. */
function frozen(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
