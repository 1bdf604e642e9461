/** A program that is run for its output, and of which nothing is left when its time is up. */
import { type ChildProcess, spawn } from 'node:child_process';

export interface Program {
  readonly argv: readonly [string, ...string[]];
  /** Null for ours, by which the keeper finds and ends it when this process is killed. */
  readonly environment: Environment | null;
  readonly bytesMax: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ProgramOutput {
  readonly stdout: Buffer;
  /** The end of it. */
  readonly stderr: string;
  /** It printed more than was taken, and was ended for it. */
  readonly isCut: boolean;
}

const stderrLengthMax = 2000;

/**
 * Resolves when it has exited with 0, or has printed more than `bytesMax`. Rejects when it is not
 * installed, exits with something else, or when the signal aborts. Either way it has been reaped by
 * then, and what it left in its process group has been killed.
 */
export async function runProgram(program: Program, signal: AbortSignal): Promise<ProgramOutput> {
  signal.throwIfAborted();
  const [name, ...args] = program.argv;
  const child = spawn(name, args, {
    cwd: '/',
    ...(program.environment === null ? {} : { env: program.environment }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, which can be killed as one.
    detached: true,
  });
  const run = new Run(child, program.bytesMax);
  const onAbort = (): void => run.end();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const why = await run.ended;
    signal.throwIfAborted();
    const output = run.output();
    if (why === null || output.isCut) return output;
    const lastWords = output.stderr.trim().split('\n').at(-1) ?? '';
    throw new Error([`${name}: ${why}`, lastWords].filter(Boolean).join(': '));
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

class Run {
  /** Null for exit code 0, else how it ended. Rejects when it did not even begin. */
  readonly ended: Promise<string | null>;
  readonly #child: ChildProcess;
  readonly #bytesMax: number;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;
  #stderr = '';
  #isEnding = false;

  constructor(child: ChildProcess, bytesMax: number) {
    this.#child = child;
    this.#bytesMax = bytesMax;
    child.stdout?.on('data', (chunk: Buffer) => this.#take(chunk));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-stderrLengthMax);
    });
    this.ended = new Promise((resolve, reject) => {
      child.once('error', (error) => reject(unstarted(child.spawnfile, error)));
      child.once('exit', () => {
        this.#killGroup();
        if (this.#isEnding) this.#leavePipes();
      });
      child.once('close', (code, by) => {
        if (by !== null) resolve(`it was ended by ${by}`);
        else resolve(code === 0 ? null : `exit code ${code ?? 'unknown'}`);
      });
    });
  }

  end(): void {
    this.#isEnding = true;
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#killGroup();
    else this.#leavePipes();
  }

  output(): ProgramOutput {
    const isCut = this.#bytes > this.#bytesMax;
    return { stdout: Buffer.concat(this.#chunks), stderr: this.#stderr, isCut };
  }

  #take(chunk: Buffer): void {
    const taken = chunk.subarray(0, Math.max(0, this.#bytesMax - this.#bytes));
    if (taken.length > 0) this.#chunks.push(taken);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) this.end();
  }

  #killGroup(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch (error) {
      // Nothing of it is left, or it runs as another user by now, and is not ours to end.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ESRCH' && code !== 'EPERM') throw error;
    }
  }

  /** Whoever has left the group may hold them for ever. */
  #leavePipes(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }
}

function unstarted(name: string, error: NodeJS.ErrnoException): Error {
  if (error.code === 'ENOENT') return new Error(`${name} is not installed`);
  return new Error(`${name} cannot be executed: ${error.message}`);
}
