/** What a module does before it ends: phases, callbacks within them, one deadline for all. */
import { type Clock, realClock } from './clock.ts';

/**
 * `pre`: stop taking on work, cancel what is open. `cleanup`: finish, write down what must last.
 * `post`: give up what the others needed, such as connections.
 */
export type ShutdownPhase = 'pre' | 'cleanup' | 'post';

export interface ShutdownInfo {
  readonly phase: ShutdownPhase;
  /** How long the module has in all, in milliseconds, before it is ended by force. */
  readonly deadlineMs: number;
  /**
   * Aborted when the phase has no more time: after half of the deadline for `pre`, nine tenths of it
   * for `cleanup`, all of it for `post`. What goes on then is not waited for.
   */
  readonly signal: AbortSignal;
}

export type ShutdownCallback = (info: ShutdownInfo) => Promise<void> | void;

/** In order; until when each may take, so that what hangs leaves time for what must be stored. */
const phases: readonly (readonly [phase: ShutdownPhase, share: number])[] = [
  ['pre', 0.5],
  ['cleanup', 0.9],
  ['post', 1],
];

/** Runs once, however many ask for it. */
export class Shutdown {
  readonly #callbacks: Record<ShutdownPhase, ShutdownCallback[]> = {
    pre: [],
    cleanup: [],
    post: [],
  };
  readonly #clock: Pick<Clock, 'after' | 'monotonicMs'>;
  #running: Promise<void> | null = null;

  constructor(clock: Pick<Clock, 'after' | 'monotonicMs'> = realClock) {
    this.#clock = clock;
  }

  /** Within a phase callbacks run one after the other, the last added first. */
  add(phase: ShutdownPhase, callback: ShutdownCallback): void {
    this.#callbacks[phase].push(callback);
  }

  /**
   * Resolves when every callback has run. Rejects when some failed or were not done in time, at the
   * latest after `deadlineMs`; the others have run all the same. A second call joins the first.
   */
  run(deadlineMs: number): Promise<void> {
    this.#running ??= this.#runAll(deadlineMs);
    return this.#running;
  }

  async #runAll(deadlineMs: number): Promise<void> {
    const beganMs = this.#clock.monotonicMs();
    const failures: Error[] = [];
    for (const [phase, share] of phases) {
      const endMs = beganMs + deadlineMs * share;
      failures.push(...(await this.#runPhase(phase, endMs, deadlineMs)));
    }
    if (failures.length === 0) return;
    const why = failures.map(({ message }) => message).join('; ');
    throw new AggregateError(failures, `not everything was done before the end: ${why}`);
  }

  async #runPhase(phase: ShutdownPhase, endMs: number, deadlineMs: number): Promise<Error[]> {
    const time = new AbortController();
    const timer = this.#clock.after(endMs - this.#clock.monotonicMs(), () =>
      time.abort(new Error('it was not done in time')),
    );
    const aborted = new Promise<never>((_resolve, reject) => {
      time.signal.addEventListener('abort', () => reject(time.signal.reason as Error));
    });
    const failures: Error[] = [];
    const waiting = this.#callbacks[phase];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      try {
        await Promise.race([next({ phase, deadlineMs, signal: time.signal }), aborted]);
      } catch (cause) {
        const why = cause instanceof Error ? cause.message : String(cause);
        failures.push(new Error(`${phase}: ${why}`, { cause }));
      }
    }
    timer.cancel();
    return failures;
  }
}
