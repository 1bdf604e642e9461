/** Wakes one who waits; rung while nobody does, it wakes the next at once. */
export class Bell {
  #isRung = false;
  #wake: (() => void) | null = null;

  ring(): void {
    this.#isRung = true;
    this.#wake?.();
  }

  /** Resolves when it was rung since the last time, after the timeout, or with the signal. */
  async rung(timeoutMs: number, signal: AbortSignal): Promise<void> {
    if (!this.#isRung && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
        signal.addEventListener('abort', this.#wake, { once: true });
      }).finally(() => {
        if (this.#wake !== null) signal.removeEventListener('abort', this.#wake);
        this.#wake = null;
      });
    }
    this.#isRung = false;
  }
}
