/** What every automatic restart asks first: the breaker with its clock, and the word about it. */
import type { System, Timer } from '../system.ts';
import { admit, type Breaker, breakerRule, untrippedBreaker } from './breaker.ts';

export type StormNews =
  /** Too many restarts came together: none begins for a while. */
  | { readonly kind: 'tripped'; readonly restarts: number; readonly untilMs: number }
  /** They begin again, one by one. */
  | { readonly kind: 'over'; readonly held: number };

export interface Storm {
  /** Wall clock, milliseconds. */
  readonly untilMs: number;
  /** How many restarts wait. */
  readonly held: number;
}

export class StormGuard {
  readonly #system: System;
  readonly #onNews: (news: StormNews) => void;
  readonly #daemonStartedMs: number;
  #breaker: Breaker = untrippedBreaker;
  #untilMs: number | null = null;
  #timer: Timer | null = null;

  /** The first minutes of the daemon are counted from here. */
  constructor(system: System, onNews: (news: StormNews) => void) {
    this.#system = system;
    this.#onNews = onNews;
    this.#daemonStartedMs = system.monotonicMs();
  }

  /** Null while restarts may begin. */
  get storm(): Storm | null {
    return this.#untilMs === null ? null : { untilMs: this.#untilMs, held: this.#breaker.held };
  }

  /** Null when this restart may begin, else after how many milliseconds it has to ask again. */
  admit(module: string, moduleCount: number): number | null {
    const { length: restarts } = this.#breaker.restarts;
    const { breaker, waitMs, tripped } = admit(this.#breaker, {
      module,
      moduleCount,
      nowMs: this.#system.monotonicMs(),
      daemonStartedMs: this.#daemonStartedMs,
    });
    this.#breaker = breaker;
    if (tripped) this.#trip(restarts);
    return waitMs;
  }

  /** The daemon ends: no more news. */
  stop(): void {
    this.#timer?.cancel();
  }

  #trip(restarts: number): void {
    const { trippedMs } = breakerRule;
    const untilMs = this.#system.now() + trippedMs;
    this.#untilMs = untilMs;
    this.#timer = this.#system.after(trippedMs, () => {
      this.#untilMs = null;
      this.#onNews({ kind: 'over', held: this.#breaker.held });
    });
    this.#onNews({ kind: 'tripped', restarts, untilMs });
  }
}
