/**
 * The order in which the daemon ends: phases, steps within them, one deadline for all. A step that
 * fails or hangs keeps none of the others from being done.
 */
import type { Log } from '../logs/daemon-log.ts';
import type { System, Timer } from '../system.ts';

/**
 * `pre`: nothing new begins. `cleanup`: what runs is ended, what must last is stored. `post`: what
 * the others needed goes.
 */
export const shutdownPhases = ['pre', 'cleanup', 'post'] as const;

export interface ShutdownStep {
  readonly phase: (typeof shutdownPhases)[number];
  /** Its number in the operator's guide. */
  readonly step: number;
  /** What the log says when it is done. */
  readonly done: string;
  /** @param leftMs until the deadline */
  readonly run: (leftMs: number) => unknown;
}

export function step(
  phase: ShutdownStep['phase'],
  number: number,
  done: string,
  run: ShutdownStep['run'] = () => undefined,
): ShutdownStep {
  return { phase, step: number, done, run };
}

export interface ShutdownOptions {
  readonly system: System;
  readonly steps: readonly ShutdownStep[];
  readonly timeoutMs: number;
  /** Called once, when the time is over before the last step is done: ends by force what is left. */
  readonly force: () => Promise<void>;
  readonly log: Pick<Log, 'info' | 'error'>;
}

/** What a step may still take when the time is over and force was used. */
export const lastMs = 5000;

/**
 * Runs the steps phase by phase, in each by their numbers. Resolves with the steps that failed or
 * were not done in time; each of them is in the log.
 */
export async function shutDown(options: ShutdownOptions): Promise<ShutdownStep[]> {
  const { system, log } = options;
  const deadline = new Deadline(options);
  const failed: ShutdownStep[] = [];
  for (const one of inOrder(options.steps)) {
    const { phase, step: number, done, run } = one;
    const late = deadline.passed.then(async () => {
      await new Promise<void>((resolve) => system.after(lastMs, resolve));
      throw new Error(`it did not end within ${lastMs} ms after the deadline`);
    });
    try {
      await Promise.race([run(deadline.leftMs), late]);
      log.info({ step: number, phase }, done);
    } catch (err) {
      failed.push(one);
      log.error({ step: number, phase, err }, `not done: ${done}; the next step follows`);
    }
  }
  await deadline.close();
  return failed;
}

function inOrder(steps: readonly ShutdownStep[]): ShutdownStep[] {
  const byNumber = [...steps].sort((a, b) => a.step - b.step);
  return shutdownPhases.flatMap((name) => byNumber.filter(({ phase }) => phase === name));
}

class Deadline {
  /** Resolves when the time is over and what was left has been ended by force. */
  readonly passed: Promise<void>;
  readonly #system: System;
  readonly #endMs: number;
  #timer: Timer | null = null;

  constructor({ system, timeoutMs, force, log }: ShutdownOptions) {
    this.#system = system;
    this.#endMs = system.monotonicMs() + timeoutMs;
    const over = new Promise<void>((resolve) => {
      this.#timer = system.after(timeoutMs, () => {
        this.#timer = null;
        resolve();
      });
    });
    this.passed = over.then(force).catch((err: unknown) => {
      log.error({ err }, 'cannot end by force what is left');
    });
  }

  get leftMs(): number {
    return Math.max(0, this.#endMs - this.#system.monotonicMs());
  }

  /** Resolves when no force is being used any more, nor will be. */
  async close(): Promise<void> {
    if (this.#timer === null) await this.passed;
    else this.#timer.cancel();
  }
}
