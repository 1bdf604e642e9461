import type { Clock } from '../../../modules/trading/pacing.ts';

/**
 * A clock that jumps to whatever is waited for. It stands still at the wait numbered `standAt`
 * (counted from 1) and at any endless wait: from then on only an abort ends the wait, and
 * `standing` resolves.
 */
export class FakeClock implements Clock {
  readonly standing: Promise<void>;
  /** How late each timer fires, by the number of the wait. */
  latenessMs: (wait: number) => number = () => 0;
  #nowMs = 0;
  #waits = 0;
  readonly #standAt: number;
  #stand: () => void = () => undefined;

  constructor(standAt = Infinity) {
    this.#standAt = standAt;
    this.standing = new Promise((resolve) => (this.#stand = resolve));
  }

  nowMs(): number {
    return this.#nowMs;
  }

  async waitUntil(dueMs: number, signal: AbortSignal): Promise<void> {
    this.#waits += 1;
    if (signal.aborted) return;
    if (this.#waits >= this.#standAt || dueMs === Infinity) {
      this.#stand();
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
      return;
    }
    this.#nowMs = Math.max(this.#nowMs, dueMs) + this.latenessMs(this.#waits);
  }
}
