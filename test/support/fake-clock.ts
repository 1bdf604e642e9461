import { setImmediate as nextTurn } from 'node:timers/promises';
import { realSystem, type System, type Timer } from '../../daemon/system.ts';

interface Pending extends Timer {
  readonly dueMs: number;
  readonly callback: () => void;
}

/**
 * A `System` whose time stands still until a test moves it. It begins at the real time, so that it
 * agrees with what real processes report of their start, but for the moments that the test has taken.
 * What is due at once comes by itself, in a later turn. Chance is always in the middle: no jitter.
 */
export class FakeClock implements System {
  readonly #startMs = realSystem.now();
  // In whole milliseconds: with fractions, a sum less one of its terms is often not quite the other.
  readonly #startMonotonicMs = Math.floor(realSystem.monotonicMs());
  readonly #pending = new Set<Pending>();
  #passedMs = 0;

  now(): number {
    return this.#startMs + this.#passedMs;
  }

  monotonicMs(): number {
    return this.#startMonotonicMs + this.#passedMs;
  }

  random(): number {
    return 0.5;
  }

  randomHex(bytes: number): string {
    return realSystem.randomHex(bytes);
  }

  after(delayMs: number, callback: () => void): Timer {
    const pending: Pending = {
      dueMs: this.#passedMs + delayMs,
      callback,
      cancel: () => this.#pending.delete(pending),
    };
    this.#pending.add(pending);
    if (delayMs <= 0) setImmediate(() => this.#fire(pending));
    return pending;
  }

  /** Lets time pass and calls what falls due on the way, in order, each in a turn of its own. */
  async advance(byMs: number): Promise<void> {
    const untilMs = this.#passedMs + byMs;
    for (;;) {
      await nextTurn();
      const [next] = [...this.#pending]
        .filter(({ dueMs }) => dueMs <= untilMs)
        .sort((a, b) => a.dueMs - b.dueMs);
      if (!next) break;
      this.#passedMs = Math.max(this.#passedMs, next.dueMs);
      this.#fire(next);
    }
    this.#passedMs = untilMs;
  }

  /** Lets time pass as for a stopped process: what falls due comes late, with the next `advance`. */
  leap(byMs: number): void {
    this.#passedMs += byMs;
  }

  #fire(pending: Pending): void {
    if (this.#pending.delete(pending)) pending.callback();
  }
}
