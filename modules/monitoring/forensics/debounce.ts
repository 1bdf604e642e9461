/** How often one trigger may capture. */

/** The last capture of a trigger, and how long the next one has to wait after its beginning. */
export interface Debounced {
  readonly beganMs: number;
  readonly waitMs: number;
}

/** A host that is in and out of trouble all night leaves some fifty folders, and room for those of others. */
const waitMsMax = 30 * 60_000;

/**
 * What is to be remembered when it captures now; null when that is too soon. The wait doubles while the
 * trigger comes again within one more wait, and is `leastMs` again after a calm. Pure.
 * @param nowMs of a clock that never steps
 */
export function debounced(
  last: Debounced | null,
  nowMs: number,
  leastMs: number,
): Debounced | null {
  if (last === null) return { beganMs: nowMs, waitMs: leastMs };
  const passedMs = nowMs - last.beganMs;
  if (passedMs < last.waitMs) return null;
  const goesOn = passedMs < 2 * last.waitMs;
  const waitMs = goesOn ? Math.max(leastMs, Math.min(2 * last.waitMs, waitMsMax)) : leastMs;
  return { beganMs: nowMs, waitMs };
}
