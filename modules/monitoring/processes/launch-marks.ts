/**
 * Whose launch a process is, by the environment that it was started with. The kernel reads that out of
 * the memory of the process, and one that hangs in a device may keep it locked: then the reading hangs
 * for as long. So it is done by another thread, for each program once, with a deadline; what hangs is
 * left behind, and while some of them hang no other is begun.
 */
import { open, stat } from 'node:fs/promises';
import type { Clock } from '../../api/clock.ts';
import { DeadlineError, withDeadline } from '../../api/deadline.ts';
import type { ProcessCounters } from './counters.ts';

/** Of the four threads that this process has for files. */
const hangingMax = 2;
const readMsMax = 100;
/** Of one look; the rest comes with the next. */
const learnMsMax = 500;
const environmentBytesMax = 128 * 1024;
const knownMax = 16_384;
const homesMax = 64;

export interface LaunchMarksOptions {
  /** Where the kernel shows processes. */
  readonly folder: string;
  /** The home whose launches are looked for. */
  readonly home: string;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
}

interface Mark {
  readonly module: string | null;
  /** In the instant before an exec, a process that was just forked still has its parent's environment. */
  readonly isFinal: boolean;
}

export class LaunchMarks {
  readonly #options: LaunchMarksOptions;
  readonly #known = new Map<string, Mark>();
  readonly #reading = new Set<string>();
  readonly #homes = new Map<string, boolean>();

  constructor(options: LaunchMarksOptions) {
    this.#options = options;
  }

  /** The module whose launch it is. Null for what is none of ours, and for what is not known yet. */
  moduleOf(process: ProcessCounters): string | null {
    return this.#known.get(keyOf(process))?.module ?? null;
  }

  /**
   * Reads what is not known yet of these, and forgets all others.
   * @throws when there is nothing left to look with, such as no descriptor
   */
  async learn(processes: readonly ProcessCounters[]): Promise<void> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + learnMsMax;
    const keys = new Set(processes.map(keyOf));
    for (const key of this.#known.keys()) if (!keys.has(key)) this.#known.delete(key);
    for (const process of processes) {
      const key = keyOf(process);
      const isToBeRead = !this.#known.get(key)?.isFinal && !this.#reading.has(key);
      if (!isToBeRead || !hasEnvironment(process)) continue;
      if (this.#reading.size >= hangingMax || clock.monotonicMs() > untilMs) return;
      await this.#read(process.pid, key);
    }
  }

  /** Until the deadline; what is found after it is kept too. */
  async #read(pid: number, key: string): Promise<void> {
    this.#reading.add(key);
    const reading = this.#moduleIn(pid)
      .then((module) => {
        const isFinal = module !== null || this.#known.has(key);
        if (this.#known.size < knownMax) this.#known.set(key, { module, isFinal });
      })
      .finally(() => this.#reading.delete(key));
    const { clock } = this.#options;
    try {
      await withDeadline(reading, readMsMax, { clock, what: `the environment of process ${pid}` });
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
    }
  }

  async #moduleIn(pid: number): Promise<string | null> {
    const environment = await readStart(`${this.#options.folder}/${pid}/environ`);
    const entries = environment?.split('\0') ?? [];
    const launch = valueOf('SUPERBOT_LAUNCH', entries);
    const home = valueOf('SUPERBOT_HOME', entries);
    if (launch === null || home === null || !(await this.#isHome(home))) return null;
    return launch.split(':')[0] ?? null;
  }

  /** An earlier daemon may have been told the home by another path, such as one with a link in it. */
  async #isHome(path: string): Promise<boolean> {
    const { home } = this.#options;
    if (path === home) return true;
    const known = this.#homes.get(path);
    if (known !== undefined) return known;
    const [one, other] = await Promise.all([identityOf(path), identityOf(home)]);
    const isSame = one !== null && one === other;
    if (this.#homes.size < homesMax) this.#homes.set(path, isSame);
    return isSame;
  }
}

/** An exec changes the environment, and mostly the name. */
function keyOf({ pid, startTicks, name }: ProcessCounters): string {
  return `${pid} ${startTicks} ${name}`;
}

/** What waits for a device may be what would hang us; it is read when it goes on. */
function hasEnvironment({ isKernel, state }: ProcessCounters): boolean {
  return !isKernel && !['Z', 'X', 'D'].includes(state);
}

/** Null for what is gone or may not be read. */
async function readStart(path: string): Promise<string | null> {
  try {
    const file = await open(path);
    try {
      const buffer = Buffer.alloc(environmentBytesMax);
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      return buffer.toString('utf8', 0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return null;
    throw error;
  }
}

function valueOf(name: string, entries: readonly string[]): string | null {
  const entry = entries.find((one) => one.startsWith(`${name}=`));
  return entry?.slice(name.length + 1) ?? null;
}

/** Null for a path that leads to nothing, or is closed to us. */
async function identityOf(path: string): Promise<string | null> {
  try {
    const { dev, ino } = await stat(path);
    return `${dev}:${ino}`;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === 'stat') return null;
    throw error;
  }
}
