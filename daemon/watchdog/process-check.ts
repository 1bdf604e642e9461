/** Looks at the processes of all modules now and then, with one look at the machine for all of them. */
import { isStarved, snapshotProcesses } from '../processes.ts';
import type { System, Timer } from '../system.ts';
import { type ExpectedProcess, type Finding, findTroubles, type Trouble } from './processes.ts';

export interface ProcessCheckOptions {
  readonly system: System;
  readonly running: () => readonly ExpectedProcess[];
  /** Once for each trouble of a launch, as long as it lasts. */
  readonly onTrouble: (finding: Finding) => void;
}

/** An end may be on its way from the keeper: it is told only if it still is not known after this. */
const secondLookMs = 2000;

export class ProcessCheck {
  readonly #options: ProcessCheckOptions;
  #timer: Timer | null = null;
  #intervalMs = 0;
  /** What the last look found, by launch. */
  #found = new Map<string, { readonly trouble: Trouble; readonly isTold: boolean }>();

  constructor(options: ProcessCheckOptions) {
    this.#options = options;
  }

  /** Looks after the interval, again and again, until `stop`; the same interval goes on as it is. */
  begin(intervalMs: number): void {
    if (this.#timer !== null && intervalMs === this.#intervalMs) return;
    this.#timer?.cancel();
    this.#intervalMs = intervalMs;
    this.#schedule(intervalMs);
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
    this.#found.clear();
  }

  #schedule(delayMs: number): void {
    this.#timer = this.#options.system.after(delayMs, () => {
      const isUnclear = this.#look();
      this.#schedule(isUnclear ? Math.min(this.#intervalMs, secondLookMs) : this.#intervalMs);
    });
  }

  /** Whether something has to be looked at again. */
  #look(): boolean {
    const running = this.#options.running();
    const found = running.length === 0 ? [] : this.#find(running);
    const before = this.#found;
    this.#found = new Map();
    for (const finding of found) {
      const { launch, trouble } = finding;
      const earlier = before.get(launch);
      const isSame = earlier?.trouble === trouble;
      const isTold = isSame && earlier.isTold;
      const isCertain = isSame || trouble === 'stopped';
      this.#found.set(launch, { trouble, isTold: isCertain });
      if (isCertain && !isTold) this.#options.onTrouble(finding);
    }
    return [...this.#found.values()].some(({ isTold }) => !isTold);
  }

  #find(running: readonly ExpectedProcess[]): Finding[] {
    try {
      return findTroubles(running, snapshotProcesses());
    } catch (error) {
      // The next look makes up for it.
      if (isStarved(error)) return [];
      throw error;
    }
  }
}
