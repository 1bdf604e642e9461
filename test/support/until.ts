import { setTimeout as delay } from 'node:timers/promises';

const pollMs = 20;
const deadlineMsDefault = 30_000;

/**
 * Waits for something outside that sends no event, such as the process table or a file: resolves
 * with the first value of `look` that is neither null, undefined nor false. Rejects after the
 * deadline, naming `what`, or with what `look` throws.
 */
export async function until<T>(
  what: string,
  look: () => T | Promise<T>,
  deadlineMs = deadlineMsDefault,
): Promise<NonNullable<Exclude<T, false>>> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) {
      return seen as NonNullable<Exclude<T, false>>;
    }
    if (performance.now() >= endMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await delay(pollMs);
  }
}
