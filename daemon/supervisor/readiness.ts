/** Waits until one launch is ready: its link or its port says so, or it has stayed up long enough. */
import type { ReadyConfig } from '../../config/effective.ts';
import type { System, Timer } from '../system.ts';
import { whenPortAnswers } from './port-answers.ts';

export class Readiness {
  readonly #timer: Timer;
  readonly #onReady: () => void;
  readonly #stopLooking: () => void;
  #over = false;

  /**
   * @param elapsedMs since the launch, for one that is adopted half-way
   * @param on exactly one of the two is called, once, unless it is cancelled before
   */
  constructor(
    system: System,
    rule: ReadyConfig,
    elapsedMs: number,
    on: { ready: () => void; timeout: () => void },
  ) {
    this.#onReady = on.ready;
    const [delayMs, due] =
      rule.kind === 'after' ? [rule.afterMs, on.ready] : [rule.timeoutMs, on.timeout];
    this.#timer = system.after(Math.max(0, delayMs - elapsedMs), () => {
      this.cancel();
      due();
    });
    this.#stopLooking =
      rule.kind === 'tcp'
        ? whenPortAnswers(system, rule.port, () => this.linkSaysReady())
        : () => undefined;
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
    this.#stopLooking();
  }
}
