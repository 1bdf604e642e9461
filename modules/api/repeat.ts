/** The loop in the background that most modules have: work, a pause, work again, until the end. */
import { type Clock, pause, realClock } from './clock.ts';
import { log } from './log.ts';

export interface RepeatOptions {
  /** Ends it: the pause at once, the work when it heeds the signal that it is given. */
  readonly signal: AbortSignal;
  /** Pause after work that was done, in milliseconds. Default 10 000. */
  readonly everyMs?: number;
  /** Pause after work that failed, in milliseconds. Default 30 000. */
  readonly afterErrorMs?: number;
  /** Told of each failure. Default: a line in the module's log. */
  readonly onError?: (error: unknown) => void;
  /** Default: the real one. */
  readonly clock?: Pick<Clock, 'after'>;
}

const everyMsDefault = 10_000;
const afterErrorMsDefault = 30_000;

/**
 * Does the work now and again, never twice at the same time. Resolves when the signal is aborted and
 * the work under way, if any, is over: wait for it in `onShutdown('pre', …)`. Never rejects.
 */
export async function repeat(
  work: (signal: AbortSignal) => unknown,
  options: RepeatOptions,
): Promise<void> {
  const { signal, everyMs = everyMsDefault, afterErrorMs = afterErrorMsDefault } = options;
  const { onError = logged, clock = realClock } = options;
  const isOver = () => signal.aborted;
  while (!isOver()) {
    let delayMs = everyMs;
    try {
      await work(signal);
    } catch (error) {
      // What the end itself breaks off has not failed.
      if (isOver()) return;
      delayMs = afterErrorMs;
      onError(error);
    }
    try {
      await pause(clock, delayMs, signal);
    } catch (error) {
      if (!isOver()) onError(error);
    }
  }
}

function logged(error: unknown): void {
  log.error('the work in the background failed', { error });
}
