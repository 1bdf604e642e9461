import type { Clock } from '../../api/clock.ts';
import { withDeadline } from '../../api/deadline.ts';
import type { Logger } from '../../api/log.ts';
import type { MonitorStore } from '../store.ts';
import { firstBaseline, type IoBaseline, isLearned, parseBaseline } from './io-baseline.ts';

export interface KeptBaselineOptions {
  readonly store: Pick<MonitorStore, 'readState' | 'writeState'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

const key = 'io_baseline';
const saveEveryMs = 60_000;
const storeMs = 3000;

/** The I/O baseline in the store, so that a restart does not have to learn it anew. Never rejects. */
export class KeptBaseline {
  readonly #options: KeptBaselineOptions;
  #savedAtMs = -Infinity;
  /** What could not be read may be there, and better than what was learned since. */
  #mayReplace = false;
  #saving: Promise<void> | null = null;
  #hasFailed = false;

  constructor(options: KeptBaselineOptions) {
    this.#options = options;
  }

  /** The first one where there is none, or it cannot be read. */
  async read(): Promise<IoBaseline> {
    const { store, clock, log } = this.#options;
    this.#savedAtMs = clock.monotonicMs();
    try {
      const value = await withDeadline(store.readState(key), storeMs, { clock, what: 'the store' });
      this.#mayReplace = true;
      const baseline = parseBaseline(value);
      if (baseline === null && value !== null) {
        log.warn('the I/O baseline that was kept is none: learning it anew', { value });
      }
      return baseline ?? firstBaseline;
    } catch (error) {
      log.warn('cannot read the I/O baseline that was kept: learning it anew', { error });
      return firstBaseline;
    }
  }

  /** Saves it now and then, without being waited for. */
  offer(baseline: IoBaseline): void {
    const isDue = this.#options.clock.monotonicMs() - this.#savedAtMs >= saveEveryMs;
    if (isDue && this.#saving === null) void this.save(baseline);
  }

  async save(baseline: IoBaseline): Promise<void> {
    await this.#saving;
    if (!this.#mayReplace && !isLearned(baseline)) return;
    this.#saving = this.#write(baseline);
    await this.#saving;
    this.#saving = null;
  }

  async #write(baseline: IoBaseline): Promise<void> {
    const { store, clock, log } = this.#options;
    this.#savedAtMs = clock.monotonicMs();
    try {
      const written = store.writeState(key, baseline);
      await withDeadline(written, storeMs, { clock, what: 'the store' });
      this.#hasFailed = false;
    } catch (error) {
      if (!this.#hasFailed) log.warn('cannot keep the I/O baseline', { error });
      this.#hasFailed = true;
    }
  }
}
