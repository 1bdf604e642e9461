/** Keeps modules' output pipes open in the daemon, so that a keeper's death closes none of them. */
import { closeSync } from 'node:fs';
import { fifoPath, openBothEnds } from './fifo.ts';

export class HeldPipes {
  readonly #runDir: string;
  readonly #held = new Map<string, number[]>();

  constructor(runDir: string) {
    this.#runDir = runDir;
  }

  /** Without effect on plain pipes, which nobody else can open. */
  hold(module: string): void {
    if (this.#held.has(module)) return;
    const held: number[] = [];
    this.#held.set(module, held);
    try {
      for (const stream of ['stdout', 'stderr'] as const) {
        held.push(openBothEnds(fifoPath(this.#runDir, module, stream)));
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }

  release(module: string): void {
    for (const fd of this.#held.get(module) ?? []) closeSync(fd);
    this.#held.delete(module);
  }

  releaseAll(): void {
    for (const module of [...this.#held.keys()]) this.release(module);
  }
}
