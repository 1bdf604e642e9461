/** Waits until one launch is ready: its link says so, or it has stayed up for long enough. */
import type { System, Timer } from '../system.ts';

export type ReadyRule =
  | { readonly kind: 'link'; readonly timeoutMs: number }
  | { readonly kind: 'after'; readonly afterMs: number; readonly timeoutMs: number };

export class Readiness {
  readonly #timer: Timer;
  readonly #onReady: () => void;
  #over = false;

  /**
   * @param elapsedMs since the launch, for one that is adopted half-way
   * @param on exactly one of the two is called, once, unless it is cancelled before
   */
  constructor(
    system: System,
    rule: ReadyRule,
    elapsedMs: number,
    on: { ready: () => void; timeout: () => void },
  ) {
    this.#onReady = on.ready;
    const [delayMs, due] =
      rule.kind === 'after' ? [rule.afterMs, on.ready] : [rule.timeoutMs, on.timeout];
    this.#timer = system.after(Math.max(0, delayMs - elapsedMs), () => {
      this.#over = true;
      due();
    });
  }

  /** The module's own word ends every kind of waiting. */
  linkSaysReady(): void {
    if (this.#over) return;
    this.cancel();
    this.#onReady();
  }

  cancel(): void {
    this.#over = true;
    this.#timer.cancel();
  }
}
