/** Soon, since until then nothing is known of it. */
const firstWithinMs = 1000;

/**
 * How long until the next check of a launch: modules that started together are asked soon, but not
 * in the same instant, and from then on each at a time of its own.
 * @param done how many checks there were
 * @param random in [0, 1)
 */
export function nextCheckDelay(done: number, intervalMs: number, random: number): number {
  if (done === 0) return random * Math.min(firstWithinMs, intervalMs);
  return done === 1 ? intervalMs * (1 - random / 2) : intervalMs;
}
