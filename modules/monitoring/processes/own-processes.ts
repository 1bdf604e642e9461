/** The pids of the daemon and its keepers, which write them into the home. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readIfThere } from '../read-if-there.ts';

/** `daemon.pid`, and one `keeper-N.identity` for each version of their protocol. */
const keeperFile = /^keeper-\d+\.identity$/;

export class OwnProcesses {
  readonly #home: string;
  #pids: ReadonlySet<number> = new Set();
  #reading: Promise<void> | null = null;

  constructor(home: string) {
    this.#home = home;
  }

  /** As they were when they could last be read. */
  get pids(): ReadonlySet<number> {
    return this.#pids;
  }

  /**
   * Reads them anew; one at a time. Nobody should wait for it: a home on a disk that hangs shall not hang
   * us.
   */
  refresh(): Promise<void> {
    this.#reading ??= this.#read().finally(() => {
      this.#reading = null;
    });
    return this.#reading;
  }

  async #read(): Promise<void> {
    const runFolder = join(this.#home, 'run');
    try {
      const keepers = (await readdir(runFolder)).filter((name) => keeperFile.test(name));
      const files = [
        join(this.#home, 'daemon.pid'),
        ...keepers.map((name) => join(runFolder, name)),
      ];
      // One that is not there: no daemon runs, or a keeper has just gone.
      const texts = await Promise.all(files.map(readIfThere));
      const pids = texts.map((text) => pidIn(text?.toString() ?? ''));
      this.#pids = new Set(pids.filter((pid) => pid !== null));
    } catch (error) {
      // A home that cannot be read now: they are most likely who they were.
      if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    }
  }
}

/** A bare number, or an identity as JSON; null for anything else. */
export function pidIn(text: string): number | null {
  const pid = Number(/^(\d+)\s*$|"pid":\s*(\d+)\b/.exec(text)?.slice(1).find(Boolean));
  return Number.isSafeInteger(pid) && pid > 1 ? pid : null;
}
