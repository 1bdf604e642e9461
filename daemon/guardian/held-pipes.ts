/** Keeps modules' output pipes open in the daemon, so that a keeper's death closes none of them. */
import { closeSync } from 'node:fs';
import { fifoPath, openBothEnds, streams } from '../keeper/output/fifo.ts';
import { placeOfPipe } from '../keeper/output/removed-pipe.ts';

export class HeldPipes {
  readonly #runDir: string;
  readonly #warn: (text: string) => void;
  readonly #held = new Map<string, number[]>();
  /** Those for whose pipes there were no descriptors. */
  readonly #missed = new Map<string, number>();

  constructor(runDir: string, warn: (text: string) => void) {
    this.#runDir = runDir;
    this.#warn = warn;
  }

  /**
   * Without effect on plain pipes, which nobody else can open. Never throws, since the module runs
   * whether its pipes are held or not: what could not be held is tried again at the next call.
   * @param writer pid of its process
   * @param isNew it was launched a moment ago: its pipes are where they were for that
   */
  hold(module: string, writer: number, isNew = false): void {
    this.#missed.set(module, writer);
    for (const [name, pid] of [...this.#missed]) {
      const searched = isNew && name === module ? null : pid;
      if (this.#held.has(name) || this.#open(name, searched)) this.#missed.delete(name);
    }
  }

  release(module: string): void {
    for (const fd of this.#held.get(module) ?? []) closeSync(fd);
    this.#held.delete(module);
    this.#missed.delete(module);
  }

  releaseAll(): void {
    for (const module of [...this.#held.keys()]) this.release(module);
    this.#missed.clear();
  }

  #open(module: string, writer: number | null): boolean {
    const opened: number[] = [];
    try {
      for (const stream of streams) {
        const path = fifoPath(this.#runDir, module, stream);
        opened.push(openBothEnds(placeOfPipe(path, writer)));
      }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT') {
        for (const fd of opened) closeSync(fd);
        this.#warn(
          `cannot hold the output of "${module}" open: should the keeper die now, so would its pipes: ${message}`,
        );
        return false;
      }
    }
    this.#held.set(module, opened);
    return true;
  }
}
