import { totalmem } from 'node:os';
import { type Clock, realClock } from '../../api/clock.ts';
import { kernelUnits } from '../kernel-units.ts';
import type { ProcessShare } from '../sample.ts';
import { LaunchMarks } from './launch-marks.ts';
import { ownersIn } from './owners.ts';
import { OwnProcesses } from './own-processes.ts';
import { judgeLook, type Look, unknownRates } from './rates.ts';
import { suspicionOf } from './suspects.ts';
import { readTable } from './table.ts';

export interface ProcessWatchOptions {
  /** Whose modules are told by name; null for none, as when run by hand. */
  readonly home: string | null;
  /** Parts of names. */
  readonly suspects: readonly string[];
  readonly clock?: Clock;
  /** Where the kernel shows processes. Default: `/proc`. */
  readonly folder?: string;
}

/** The kernel counts in steps of 10 ms, which say nothing about less time than this. */
const windowMsMin = 100;

/**
 * What each process of this host uses. Of a process are told: its own use and that of the children that
 * it has waited for and that no look had seen.
 */
export class ProcessWatch {
  readonly #clock: Clock;
  readonly #folder: string;
  readonly #units = kernelUnits();
  readonly #memoryBytes = memoryBytes();
  readonly #isSuspect: (name: string) => boolean;
  readonly #marks: LaunchMarks | null;
  readonly #own: OwnProcesses | null;
  #last: { readonly look: Look; readonly shares: readonly ProcessShare[] } | null = null;
  #looking: Promise<readonly ProcessShare[]> | null = null;

  constructor({ home, suspects, clock = realClock, folder = '/proc' }: ProcessWatchOptions) {
    this.#clock = clock;
    this.#folder = folder;
    this.#isSuspect = suspicionOf(suspects);
    this.#marks = home === null ? null : new LaunchMarks({ folder, home, clock });
    this.#own = home === null ? null : new OwnProcesses(home);
  }

  /**
   * Every process, in no order, with its rates since the look before; the first look has none. A look
   * while another is under way is that one, and one within 100 ms of the last is that. Empty where
   * processes cannot be seen. Rejects when there is nothing left to look with, such as no descriptor.
   */
  look(): Promise<readonly ProcessShare[]> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #look(): Promise<readonly ProcessShare[]> {
    const atMs = this.#clock.monotonicMs();
    const last = this.#last;
    if (last && atMs - last.look.atMs < windowMsMin) return last.shares;
    void this.#own?.refresh();
    const table = await readTable(this.#folder, this.#clock, last?.look.table ?? null);
    if (!table) return [];
    const processes = [...table.values()];
    await this.#marks?.learn(processes);
    const { look, rates } = judgeLook(last?.look ?? null, { atMs, table }, this.#units.tickMs);
    const ownerOf = ownersIn(table, {
      own: this.#own?.pids ?? new Set(),
      marked: (process) => this.#marks?.moduleOf(process) ?? null,
    });
    const shares = processes.map((process): ProcessShare => {
      const memory = process.residentPages * this.#units.pageBytes;
      return {
        pid: process.pid,
        startTicks: process.startTicks,
        name: process.name,
        state: process.state,
        module: ownerOf(process),
        ...(rates.get(process.pid) ?? unknownRates),
        memoryBytes: memory,
        memoryPercent: Math.round((memory / this.#memoryBytes) * 1000) / 10,
        isSuspect: this.#isSuspect(process.name),
      };
    });
    this.#last = { look, shares };
    return shares;
  }
}

/** What may be used: the machine's, or the limit of our container. */
function memoryBytes(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}
