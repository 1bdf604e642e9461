/** The outputs of all modules this keeper has seen, and who follows them. */
import type { KeeperLine, LogRule } from '../protocol.ts';
import { makeFifos } from './fifo.ts';
import { ModuleOutput } from './module-output.ts';

export interface OutputsOptions {
  readonly runDir: string;
  readonly logsDir: string;
  readonly onLine: (line: KeeperLine) => void;
  readonly warn: (text: string) => void;
}

export class Outputs {
  readonly #options: OutputsOptions;
  readonly #outputs = new Map<string, ModuleOutput>();
  #followed: ReadonlySet<string> = new Set();

  constructor(options: OutputsOptions) {
    this.#options = options;
  }

  /** Opened at the first call; from then on what the module's FIFOs hold is read. */
  of({ name, log }: { readonly name: string; readonly log: LogRule }): ModuleOutput {
    let output = this.#outputs.get(name);
    if (!output) {
      const { runDir, logsDir, warn } = this.#options;
      const hasFifos = makeFifos(runDir, [name]);
      output = new ModuleOutput({ module: name, runDir, logsDir, hasFifos, warn }, log);
      this.#outputs.set(name, output);
      this.#connectFollower(output);
    }
    return output;
  }

  /** As `of`, for a launch when none lives; opened anew where somebody removed the pipes. */
  async ofNext(spec: { readonly name: string; readonly log: LogRule }): Promise<ModuleOutput> {
    if (this.#outputs.get(spec.name)?.isInPlace === false) await this.release(spec.name);
    return this.of(spec);
  }

  /** @returns the number of the last line of each, so that a reader can join file and stream */
  follow(names: readonly string[]): Record<string, number> {
    this.#followed = new Set(names);
    for (const output of this.#outputs.values()) this.#connectFollower(output);
    return Object.fromEntries([...this.#outputs].map(([name, output]) => [name, output.seq]));
  }

  /** Another keeper reads the module's pipes from now on. Resolves when what was taken is stored. */
  async release(name: string): Promise<void> {
    const output = this.#outputs.get(name);
    if (!output) return;
    await new Promise<void>((stored) => output.whenStored(stored));
    output.close();
    this.#outputs.delete(name);
  }

  /** Resolves when all output taken so far is in the files, and closes them. */
  async close(): Promise<void> {
    const outputs = [...this.#outputs.values()];
    await Promise.all(
      outputs.map((output) => new Promise<void>((done) => output.whenStored(done))),
    );
    for (const output of outputs) output.close();
  }

  #connectFollower(output: ModuleOutput): void {
    output.follower = this.#followed.has(output.module) ? this.#options.onLine : null;
  }
}
