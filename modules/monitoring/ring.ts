import { heaviest } from './processes/heaviest.ts';
import type { StoredSample } from './store.ts';

export type RingEntry = StoredSample;

export interface RingOptions {
  /** How far back it goes. Default 30 000. */
  readonly spanMs?: number;
  /** Default 300: ten a second. */
  readonly entriesMax?: number;
  /** Of each entry, the heaviest. Default 20. */
  readonly processesMax?: number;
}

/**
 * The last seconds, in memory: a freeze cannot be watched from inside, so what led to it must be there
 * when it is over.
 */
export class Ring {
  readonly #spanMs: number;
  readonly #entriesMax: number;
  readonly #processesMax: number;
  #entries: RingEntry[] = [];

  constructor({ spanMs = 30_000, entriesMax = 300, processesMax = 20 }: RingOptions = {}) {
    this.#spanMs = spanMs;
    this.#entriesMax = entriesMax;
    this.#processesMax = processesMax;
  }

  add({ sample, stress, processes }: RingEntry): void {
    const kept = heaviest(processes, this.#processesMax);
    this.#entries.push({ sample, stress, processes: kept });
    this.#entries = this.#entries.slice(-this.#countWithin());
  }

  /** The oldest first; what is added later does not change it. */
  frozen(): readonly RingEntry[] {
    return [...this.#entries];
  }

  /** By the intervals, since the wall clock may step. The newest is always within. */
  #countWithin(): number {
    let ageMs = 0;
    let count = 0;
    for (const { sample } of this.#entries.toReversed()) {
      if (count > 0 && (ageMs > this.#spanMs || count >= this.#entriesMax)) break;
      ageMs += sample.intervalMs;
      count += 1;
    }
    return count;
  }
}
