/**
 * Looks after `run/`, which people and clean-up scripts remove: without its socket there the keeper
 * could not be found by the next daemon, without its name not be replaced should it hang, and without
 * records the next keeper would not know what runs. Pipes that were removed are not restored here:
 * they are opened anew at each module's next launch.
 */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import type { System, Timer } from '../system.ts';
import { keeperFiles } from './files.ts';

/** Less than a daemon that died stays dead, so that the next one finds its keeper. */
const withoutDaemonMs = 800;
/** A look wakes a sleeping processor: at 0.8 s it was most of what an idle keeper cost. */
const withDaemonMs = 2400;

export interface RunFolderOptions {
  readonly system: System;
  readonly home: string;
  /** The folder is new, or somebody has emptied it: makes all anew that belongs into it. */
  readonly restore: () => Promise<void>;
  /** Says who the keeper is, which a full disk has prevented, or somebody has removed. */
  readonly name: () => void;
  readonly hasDaemon: () => boolean;
  readonly warn: (text: string) => void;
}

export class RunFolder {
  readonly #options: RunFolderOptions;
  #homeInode: string | null = null;
  #timer: Timer | null = null;
  #isClosed = false;
  #lastTrouble: string | null = null;

  constructor(options: RunFolderOptions) {
    this.#options = options;
  }

  /** False once the home was removed or moved away, also when another one is there by now. */
  get isHomeInPlace(): boolean {
    return inodeOf(this.#options.home) === this.#homeInode;
  }

  /** To be called while the home is certainly in its place. */
  watch(): void {
    this.#homeInode = inodeOf(this.#options.home);
    this.#rearm();
  }

  /** The daemon has left: what the next one looks for has to be there when it comes. */
  lookNow(): void {
    if (this.#timer !== null) this.#rearm(0);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #rearm(delayMs = this.#options.hasDaemon() ? withDaemonMs : withoutDaemonMs): void {
    this.#timer?.cancel();
    if (this.#isClosed) return;
    this.#timer = this.#options.system.after(delayMs, () => {
      this.#timer = null;
      void this.#look().then(() => this.#rearm());
    });
  }

  /** Never rejects; the same trouble is told once. */
  async #look(): Promise<void> {
    const { home, restore, name, warn } = this.#options;
    const { runDir, socket, identity } = keeperFiles(home);
    try {
      if (!this.isHomeInPlace) return;
      if (!existsSync(socket)) {
        if (!existsSync(runDir)) mkdirSync(runDir, { mode: 0o700 });
        await restore();
        warn(`"${socket}" was removed: made again`);
      }
      if (!existsSync(identity)) name();
      this.#lastTrouble = null;
    } catch (error) {
      const trouble = (error as Error).message;
      if (trouble !== this.#lastTrouble) warn(`cannot restore "${runDir}": ${trouble}`);
      this.#lastTrouble = trouble;
    }
  }
}

/** Null for what is not there, or not ours to see. */
function inodeOf(path: string): string | null {
  const stat = existsSync(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  return stat ? `${stat.dev}/${stat.ino}` : null;
}
