import type { Clock } from '../../api/clock.ts';

export type TaskState = 'alive' | 'restarting' | 'dead' | 'stopped';

/** The end of a run that nobody asked for. */
export interface Crash {
  readonly task: Task;
  readonly error: unknown;
  readonly ranForMs: number;
}

export interface TaskOptions {
  readonly name: string;
  /** One run. Its end before the signal aborts is a crash, whether it rejects or resolves. */
  readonly begin: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onCrash: (crash: Crash) => void;
}

/** Something that runs under a name, one run at a time. Decides nothing about its restarts. */
export class Task {
  readonly name: string;
  readonly #options: TaskOptions;
  #state: TaskState = 'stopped';
  #restartsInARow = 0;
  #restartsTotal = 0;
  #run: Promise<void> = Promise.resolve();

  constructor(options: TaskOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get state(): TaskState {
    return this.#state;
  }

  /** Since the last good run. */
  get restartsInARow(): number {
    return this.#restartsInARow;
  }

  get restartsTotal(): number {
    return this.#restartsTotal;
  }

  start(): void {
    this.#state = 'alive';
    this.#run = this.#watched();
  }

  /** @param attempt which it is since the last good run */
  restart(attempt: number): void {
    this.#restartsInARow = attempt;
    this.#restartsTotal += 1;
    this.start();
  }

  /** It has crashed: it waits for a restart, or for nothing. */
  becomes(state: 'restarting' | 'dead'): void {
    this.#state = state;
  }

  /** Resolves when the present run, if any, is over. */
  ended(): Promise<void> {
    return this.#run;
  }

  async #watched(): Promise<void> {
    const { begin, clock, signal, onCrash } = this.#options;
    const sinceMs = clock.monotonicMs();
    let error: unknown;
    try {
      await begin(signal);
      error = new Error('it ended by itself');
    } catch (thrown) {
      error = thrown;
    }
    if (signal.aborted) {
      this.#state = 'stopped';
      return;
    }
    this.#state = 'dead';
    onCrash({ task: this, error, ranForMs: clock.monotonicMs() - sinceMs });
  }
}
