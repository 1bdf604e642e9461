import type { Clock } from '../clock.ts';

/** Lets one loop wait for whatever rings first; a ring that nobody waits for is kept. */
export class Wake {
  readonly #clock: Pick<Clock, 'after'>;
  #rang = false;
  #whenRung: (() => void) | null = null;

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  ring(): void {
    if (this.#whenRung === null) this.#rang = true;
    else this.#whenRung();
  }

  /** Resolves with the next ring, or after the delay; null is for ever. */
  async wait(delayMs: number | null): Promise<void> {
    if (!this.#rang) {
      await new Promise<void>((resolve) => {
        this.#whenRung = resolve;
        if (delayMs === null) return;
        const timer = this.#clock.after(delayMs, resolve);
        this.#whenRung = () => {
          timer.cancel();
          resolve();
        };
      });
      this.#whenRung = null;
    }
    this.#rang = false;
  }
}
