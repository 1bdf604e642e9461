import type { Logger } from '../api/log.ts';
import { type Learned, learnedFrom, learnPause, learnSample } from './learning.ts';
import type { MonitorStore } from './store.ts';

const stateKey = 'learning';
/** What a kill -9 may cost. */
const samplesUnsavedMax = 60;

/** What learning mode has seen, kept over restarts. */
export class LearningMode {
  readonly #store: Pick<MonitorStore, 'writeState'>;
  readonly #log: Pick<Logger, 'warn'>;
  #learned: Learned;

  private constructor(
    store: Pick<MonitorStore, 'writeState'>,
    log: Pick<Logger, 'warn'>,
    learned: Learned,
  ) {
    this.#store = store;
    this.#log = log;
    this.#learned = learned;
  }

  /** Goes on where the last run was. Rejects as the store. */
  static async open(
    store: Pick<MonitorStore, 'readState' | 'writeState'>,
    log: Pick<Logger, 'warn'>,
  ): Promise<LearningMode> {
    return new LearningMode(store, log, learnedFrom(await store.readState(stateKey)));
  }

  get learned(): Learned {
    return this.#learned;
  }

  sample(stress: number): void {
    this.#learned = learnSample(this.#learned, stress);
    if (this.#learned.samples % samplesUnsavedMax === 0) void this.#trySave();
  }

  pause(stress: number): void {
    this.#learned = learnPause(this.#learned, stress);
    void this.#trySave();
  }

  /** Rejects as the store. */
  save(): Promise<void> {
    return this.#store.writeState(stateKey, this.#learned);
  }

  async #trySave(): Promise<void> {
    try {
      await this.save();
    } catch (error) {
      this.#log.warn('what was learned of the host is not kept for now', { error });
    }
  }
}
