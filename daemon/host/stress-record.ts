/**
 * How stressed the host is, as far as the daemon has to know it: each change, for the journal. Of what
 * changes to and fro within a second the last is recorded, so that it cannot push out all that was.
 */
import type { System, Timer } from '../system.ts';
import type { ToldLevel } from './told.ts';

export interface StressRecordOptions {
  readonly system: Pick<System, 'monotonicMs' | 'after'>;
  /** Null: nobody knows any more. */
  readonly record: (change: ToldLevel | null) => void;
}

const recordEveryMs = 1000;

export class StressRecord {
  readonly #options: StressRecordOptions;
  /** `unheard`: this daemon has not been told yet, but the one before it may have. */
  #level: ToldLevel['level'] | 'unheard' | 'unknown' = 'unheard';
  #recordedMs = Number.NEGATIVE_INFINITY;
  #due: { change: ToldLevel | null; readonly timer: Timer } | null = null;

  constructor(options: StressRecordOptions) {
    this.#options = options;
  }

  take(told: ToldLevel): void {
    if (told.level === this.#level) return;
    this.#level = told.level;
    this.#change(told);
  }

  /** Whoever watched the host does not any more, or begins anew: what it said last holds no longer. */
  unwatched(): void {
    if (this.#level === 'normal' || this.#level === 'unknown') return;
    this.#level = 'unknown';
    this.#change(null);
  }

  /** Records what is due. */
  stop(): void {
    if (this.#due !== null) this.#record(this.#due.change);
  }

  #change(change: ToldLevel | null): void {
    const { system } = this.#options;
    const leftMs = this.#recordedMs + recordEveryMs - system.monotonicMs();
    if (this.#due !== null) this.#due.change = change;
    else if (leftMs <= 0) this.#record(change);
    else this.#due = { change, timer: system.after(leftMs, () => this.stop()) };
  }

  #record(change: ToldLevel | null): void {
    const { system, record } = this.#options;
    this.#due?.timer.cancel();
    this.#due = null;
    this.#recordedMs = system.monotonicMs();
    record(change);
  }
}
