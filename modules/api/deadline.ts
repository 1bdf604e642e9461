import type { Clock } from './clock.ts';

export class DeadlineError extends Error {
  override readonly name = 'DeadlineError';
}

/**
 * As the promise, if it settles in time; rejects with a DeadlineError if not. The work goes on: what
 * comes of it later, an error too, nobody waits for any more.
 *
 * @param what is waited for, for the error: `the store`
 */
export function withDeadline<V>(
  promise: Promise<V>,
  deadlineMs: number,
  { clock, what }: { readonly clock: Pick<Clock, 'after'>; readonly what: string },
): Promise<V> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(deadlineMs, () => {
      reject(new DeadlineError(`${what} did not answer within ${deadlineMs} ms`));
    });
    promise.then(resolve, reject).finally(() => timer.cancel());
  });
}
