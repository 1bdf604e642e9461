/**
 * When a cycle is due that comes every so often: always at a whole number of intervals after the
 * first, so that what a cycle takes does not add up. A cycle that took longer than an interval skips
 * those that fell into it: two of one collector never run at once, and none is made up for.
 *
 * @param startMs when the first was due, and `nowMs`, of a clock that never steps
 */
export function nextCycleMs(startMs: number, intervalMs: number, nowMs: number): number {
  const passed = Math.floor((nowMs - startMs) / intervalMs);
  return startMs + (passed + 1) * intervalMs;
}
