import type { Timer } from '../../../../daemon/system.ts';
import { FakeClock } from '../../../support/fake-clock.ts';

/** A fake clock that tells when somebody begins to wait for so long, real work being done meanwhile. */
export class WatchedClock extends FakeClock {
  readonly #set: number[] = [];
  #changed: () => void = () => undefined;

  override after(delayMs: number, callback: () => void): Timer {
    const timer = super.after(delayMs, callback);
    this.#set.push(delayMs);
    this.#changed();
    return timer;
  }

  /** Every delay that was asked for, in order. */
  get delays(): readonly number[] {
    return this.#set;
  }

  /** Resolves when a timer of just this delay has been set so often in all. */
  async set(delayMs: number, times = 1): Promise<void> {
    while (this.#set.filter((ms) => ms === delayMs).length < times)
      await new Promise<void>((resolve) => (this.#changed = resolve));
  }
}
