/** The outputs of all modules this keeper has seen, and who follows them. */
import type { KeeperLine, LogRule } from '../protocol.ts';
import { makeFifos, removeFifos } from './fifo.ts';
import { ModuleOutput } from './module-output.ts';

/** How long a follower waits for a slow disk: a tenth of what its daemon waits for the answer. */
const patienceMs = 1000;

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

  /**
   * Opened at the first call; from then on what the module's FIFOs hold is read.
   * @param writer pid of a process that was launched by an earlier keeper, and lives
   */
  of(
    { name, log }: { readonly name: string; readonly log: LogRule },
    writer: number | null = null,
  ): ModuleOutput {
    let output = this.#outputs.get(name);
    if (!output) {
      const { runDir, logsDir, warn } = this.#options;
      const hasFifos = makeFifos(runDir, [name]);
      output = new ModuleOutput({ module: name, runDir, logsDir, hasFifos, writer, warn }, log);
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

  /**
   * Lines are sent from this moment; resolves when those before it are in the files, where a disk
   * takes them in bearable time: a reader that then looks into the file misses none.
   * @returns the number of the last line of each, so that it can join file and stream
   */
  async follow(names: readonly string[]): Promise<Record<string, number>> {
    this.#followed = new Set(names);
    const outputs = [...this.#outputs.values()];
    for (const output of outputs) this.#connectFollower(output);
    const seqs = Object.fromEntries(outputs.map(({ module, seq }) => [module, seq]));
    await soon(outputs.filter(({ module }) => this.#followed.has(module)).map(stored));
    return seqs;
  }

  /** Another keeper reads the module's pipes from now on. Resolves when what was taken is stored. */
  async release(name: string): Promise<void> {
    const output = this.#outputs.get(name);
    if (!output) return;
    await stored(output);
    output.close();
    this.#outputs.delete(name);
  }

  /** The module is configured no more: its pipes go as well. Never rejects. */
  async discard(name: string): Promise<void> {
    await this.release(name);
    const { runDir, warn } = this.#options;
    try {
      removeFifos(runDir, name);
    } catch (error) {
      warn(`cannot remove the pipes of "${name}": ${(error as Error).message}`);
    }
  }

  /** Resolves when all output taken so far is in the files, and closes them. */
  async close(): Promise<void> {
    const outputs = [...this.#outputs.values()];
    await Promise.all(outputs.map(stored));
    for (const output of outputs) output.close();
  }

  #connectFollower(output: ModuleOutput): void {
    output.follower = this.#followed.has(output.module) ? this.#options.onLine : null;
  }
}

function stored(output: ModuleOutput): Promise<void> {
  return new Promise((resolve) => output.whenStored(resolve));
}

/** Or when it has taken too long: whoever asked must not think that nobody answers. */
async function soon(waits: readonly Promise<void>[]): Promise<void> {
  if (waits.length === 0) return;
  let deadline: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => (deadline = setTimeout(resolve, patienceMs)));
  await Promise.race([Promise.all(waits), patience]);
  clearTimeout(deadline);
}
