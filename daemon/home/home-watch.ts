/**
 * Looks after what clients need to find the daemon. People and clean-up scripts remove sockets and
 * small files, and move folders; without its socket a daemon would be deaf until somebody killed it.
 */
import { readFileSync, statSync } from 'node:fs';
import type { HomePaths } from '../../config/paths.ts';
import type { Log } from '../logs/daemon-log.ts';
import type { Part } from '../part.ts';
import type { System, Timer } from '../system.ts';
import { folderIdentity } from './folder-identity.ts';
import { removeDaemonFiles, removeRunDir, writePrivateFile } from './home.ts';

/** A look costs some ten calls of stat(2). */
export const lookEveryMs = 2000;

/** What lies where the home was when the daemon began: itself, nothing, or another folder. */
export type HomePlace = 'ours' | 'missing' | 'another';

export interface HomeWatchOptions {
  readonly system: System;
  readonly paths: HomePaths;
  /** Binds the socket again when its file is gone; resolves with whether it had to. */
  readonly repairSocket: () => Promise<boolean>;
  readonly log: Log;
}

export class HomeWatch implements Part {
  readonly #options: HomeWatchOptions;
  readonly #identity: string | null;
  #texts = new Map<string, string>();
  #timer: Timer | null = null;
  #looking: Promise<void> = Promise.resolve();
  #lastPlace: HomePlace = 'ours';
  #lastTrouble: string | null = null;

  /** To be made while the home is certainly in its place. */
  constructor(options: HomeWatchOptions) {
    this.#options = options;
    this.#identity = folderIdentity(options.paths.root);
  }

  get place(): HomePlace {
    const identity = folderIdentity(this.#options.paths.root);
    if (identity === this.#identity) return 'ours';
    return identity === null ? 'missing' : 'another';
  }

  /** Throws when a write in the home would be lost, or would land in another one. */
  requireInPlace(): void {
    const { root } = this.#options.paths;
    if (this.place !== 'ours') throw new Error(`the home is not at "${root}" any more`);
  }

  /** To be called when endpoint, tokens and pid file are written: as they are then they are kept. */
  start(): Promise<void> {
    const { endpoint, token, observerToken, daemonPid } = this.#options.paths;
    const files = [endpoint, token, observerToken, daemonPid];
    this.#texts = new Map(files.map((path) => [path, readFileSync(path, 'utf8')]));
    this.#rearm();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#looking;
  }

  /** Removes what a daemon that goes leaves behind no longer, but never from another's home. */
  clean({ keepModules }: { readonly keepModules: boolean }): void {
    if (this.place !== 'ours') return;
    const { paths, log } = this.#options;
    const troubles = [...removeDaemonFiles(paths), ...(keepModules ? [] : removeRunDir(paths))];
    for (const trouble of troubles) log.warn(trouble);
  }

  #rearm(): void {
    this.#timer = this.#options.system.after(lookEveryMs, () => {
      this.#looking = this.#look().then(() => {
        if (this.#timer !== null) this.#rearm();
      });
    });
  }

  /** Never rejects; the same trouble is told once. */
  async #look(): Promise<void> {
    const { log, paths, repairSocket } = this.#options;
    const { place } = this;
    if (place !== this.#lastPlace) {
      this.#lastPlace = place;
      if (place === 'ours') log.warn('the home is back in its place');
      else log.fatal(`ALERT: the home ${describe(place, paths.root)}`);
    }
    if (place !== 'ours') return;
    try {
      for (const [path, text] of this.#texts) this.#restore(path, text);
      if (await repairSocket()) log.warn('the RPC socket was removed: bound again');
      this.#lastTrouble = null;
    } catch (error) {
      const trouble = (error as Error).message;
      if (trouble !== this.#lastTrouble) log.error(`cannot restore what was removed: ${trouble}`);
      this.#lastTrouble = trouble;
    }
  }

  #restore(path: string, text: string): void {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) return;
    writePrivateFile(path, text);
    this.#options.log.warn(`"${path}" was removed: written again`);
  }
}

function describe(place: Exclude<HomePlace, 'ours'>, root: string): string {
  const what = place === 'missing' ? 'is gone from' : 'was moved away, and another folder is at';
  return `${what} "${root}": nothing more is stored, modules run on — move it back, or stop this daemon (pid ${process.pid}) with SIGTERM, which stops its modules, and start it where its home now is`;
}
