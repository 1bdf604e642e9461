import type { Clock } from '../../api/clock.ts';
import { DeadlineError, withDeadline } from '../../api/deadline.ts';
import type { Logger } from '../../api/log.ts';
import type { ProcessShare } from '../sample.ts';

export interface ProcessLooker {
  /** The rates are those since its last look. */
  look(): Promise<readonly ProcessShare[]>;
}

/**
 * Looks at the processes without ever holding up the sampling: on a host in distress, when they matter
 * most, a look can take longer than an interval. One that comes late belongs to a later sample.
 */
export class ProcessLooks {
  readonly #looker: ProcessLooker;
  readonly #clock: Pick<Clock, 'after'>;
  readonly #log: Pick<Logger, 'warn'>;
  #pending: Promise<readonly ProcessShare[]> | null = null;
  #hasFailed = false;

  constructor(looker: ProcessLooker, clock: Pick<Clock, 'after'>, log: Pick<Logger, 'warn'>) {
    this.#looker = looker;
    this.#clock = clock;
    this.#log = log;
  }

  /** A look that is still under way must be fetched before another can begin. */
  get isPending(): boolean {
    return this.#pending !== null;
  }

  /** Begins a look, or waits for the one under way. Empty when it fails or is not done in time. */
  async within(deadlineMs: number): Promise<readonly ProcessShare[]> {
    this.#pending ??= this.#looker.look();
    try {
      const waiting = { clock: this.#clock, what: 'the look at the processes' };
      const processes = await withDeadline(this.#pending, deadlineMs, waiting);
      this.#pending = null;
      this.#hasFailed = false;
      return processes;
    } catch (error) {
      if (error instanceof DeadlineError) return [];
      this.#pending = null;
      if (!this.#hasFailed) this.#log.warn('cannot look at the processes', { error });
      this.#hasFailed = true;
      return [];
    }
  }
}
