/**
 * `state.json`: the daemon's memory. Replaced as a whole and atomically, with fsync of file and
 * folder, so that a power loss leaves the old one or the new one. Writes that come while one is
 * under way are joined into the next, and one that nothing waits for lets others join it.
 */
import { closeSync, fsync, openSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { bootId } from './processes.ts';
import { readIfThere } from './read-if-there.ts';
import { blankScheduleMemory, scheduleMemory, type ScheduleMemory } from './scheduler/memory.ts';
import { moduleMemory } from './supervisor/memory.ts';
import { realSystem, type System, type Timer } from './system.ts';

export const stateVersion = 1;

const storedState = z.object({
  version: z.int(),
  /** Whether what ran then can still run. */
  boot_id: z.string(),
  /** True from a clean stop until the next start. */
  clean: z.boolean(),
  modules: z.record(z.string(), moduleMemory),
  schedule: scheduleMemory.default(blankScheduleMemory),
});
export type State = Readonly<z.infer<typeof storedState>>;

const emptyState: State = {
  version: stateVersion,
  boot_id: '',
  clean: true,
  modules: {},
  schedule: blankScheduleMemory,
};

/** How long a save that nothing waits for lets others join it: less than a slow disk takes for one. */
const companyMs = 5;

export class StateStore {
  readonly #path: string;
  readonly #current: () => State['modules'];
  readonly #requireHome: () => void;
  readonly #schedule: () => ScheduleMemory;
  readonly #system: Pick<System, 'after'>;
  #clean = false;
  /** What is in the file, and which file that is; null when a write has failed. */
  #stored: { readonly text: string; readonly inode: number } | null = null;
  #writing: Promise<void> | null = null;
  #next: Promise<void> | null = null;
  #company: { timer: Timer; stored: Promise<void>; begin: (next: Promise<void>) => void } | null =
    null;

  /**
   * @param current what to write, asked at the moment of writing
   * @param requireHome throws when the path leads into another home by now
   * @param schedule what to write of it, asked at the same moment
   */
  constructor(
    path: string,
    current: () => State['modules'],
    requireHome = (): void => undefined,
    schedule = (): ScheduleMemory => blankScheduleMemory,
    system: Pick<System, 'after'> = realSystem,
  ) {
    this.#path = path;
    this.#current = current;
    this.#requireHome = requireHome;
    this.#schedule = schedule;
    this.#system = system;
  }

  /**
   * Resolves when everything that is true now is on the disk.
   * @param when `soon`: waits a few milliseconds for another save that it can be one with
   */
  save(when: 'now' | 'soon' = 'now'): Promise<void> {
    if (when === 'soon') return this.#next ?? this.#awaitCompany();
    // What is being written may be older than this call; the write after it is not.
    this.#next ??= (this.#writing ?? Promise.resolve()).catch(ignoreEarlierFailure).then(() => {
      this.#writing = this.#next;
      this.#next = null;
      return this.#write().finally(() => (this.#writing = null));
    });
    this.#company?.timer.cancel();
    this.#company?.begin(this.#next);
    this.#company = null;
    return this.#next;
  }

  /**
   * The last save of a daemon that goes. Never rejects: a full disk must not keep it from ending.
   *
   * @param clean nothing runs any more
   */
  async saveLast(
    { clean }: { readonly clean: boolean },
    log: { error(fields: object, text: string): void },
  ): Promise<void> {
    this.#clean = clean;
    try {
      await this.save();
    } catch (err) {
      log.error({ err }, 'cannot store the state: the next daemon finds an older one');
    }
  }

  #awaitCompany(): Promise<void> {
    if (this.#company) return this.#company.stored;
    let begin: (next: Promise<void>) => void = () => undefined;
    const stored = new Promise<void>((resolve) => (begin = resolve));
    const timer = this.#system.after(companyMs, () => void this.save());
    this.#company = { timer, stored, begin };
    return stored;
  }

  async #write(): Promise<void> {
    this.#requireHome();
    const state: State = {
      version: stateVersion,
      boot_id: bootId(),
      clean: this.#clean,
      modules: this.#current(),
      schedule: this.#schedule(),
    };
    const text = JSON.stringify(state, null, 2) + '\n';
    // Many a save has nothing new to say, such as when a launch has become a process.
    if (this.#isStored(text)) return;
    this.#stored = null;
    const temporary = `${this.#path}.new`;
    try {
      await writeDurably(temporary, text);
      renameSync(temporary, this.#path);
    } catch (error) {
      // What a full disk took of it is room that somebody else needs.
      removeLeftover(temporary);
      throw error;
    }
    const folder = openSync(dirname(this.#path), 'r');
    await sync(folder).finally(() => closeSync(folder));
    this.#stored = { text, inode: statSync(this.#path).ino };
  }

  /** False also when somebody has removed or replaced the file. */
  #isStored(text: string): boolean {
    if (this.#stored?.text !== text) return false;
    return statSync(this.#path, { throwIfNoEntry: false })?.ino === this.#stored.inode;
  }
}

// Only the waits for the disk are worth a thread: one for each call was most of a write's time.
const sync = promisify(fsync);

async function writeDurably(path: string, text: string): Promise<void> {
  const file = openSync(path, 'w', 0o600);
  try {
    writeFileSync(file, text);
    await sync(file);
  } finally {
    closeSync(file);
  }
}

/** To compile a schema first, as zod does, pays where many values are judged. */
const readOnce = { jitless: true };

export interface ReadState {
  readonly state: State;
  /** Where a file that could not be understood was moved to; null when all was well. */
  readonly damaged: string | null;
}

/**
 * A damaged file is kept as `.bad` and the memory starts empty, since the modules' own configuration
 * is intact. Throws when a newer superbot wrote it: guessing could start what an operator stopped.
 */
export function readState(path: string): ReadState {
  const text = readIfThere(path);
  if (text === null) return { state: emptyState, damaged: null };
  const stored = parseJson(text);
  const { data: header } = z.object({ version: z.int() }).safeParse(stored, readOnce);
  if (header && header.version > stateVersion) {
    throw new Error(
      `cannot use "${path}": version ${header.version} was written by a newer superbot, this one knows ${stateVersion} — upgrade, or move the file away`,
    );
  }
  const { data: state } = storedState.safeParse(stored, readOnce);
  if (state) return { state, damaged: null };
  renameSync(path, `${path}.bad`);
  return { state: emptyState, damaged: `${path}.bad` };
}

/** Undefined, which no schema accepts, when it is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function removeLeftover(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    // The write that failed is what the caller is told.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
  }
}

/** Its own caller has been told; the next write stands for itself. */
function ignoreEarlierFailure(): void {
  return undefined;
}
