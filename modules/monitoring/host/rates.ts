/** From counters to rates. Null is unknown, and stays so. Pure. */

type Maybe = number | null | undefined;

/**
 * By how much a counter has grown. Null where one of the two is unknown, and where it has gone back:
 * then it began anew (a device that was replaced, a container that was moved), and nothing is known.
 */
export function grown(before: Maybe, now: Maybe): number | null {
  if (before === null || before === undefined || now === null || now === undefined) return null;
  return now < before ? null : now - before;
}

/** Null too for no time at all. Tenths. */
export function perSecond(count: number | null, intervalMs: number): number | null {
  return count === null || intervalMs <= 0 ? null : Math.round((count / intervalMs) * 10_000) / 10;
}

/**
 * 0 to 100, in hundredths: counters are not read at the very instant of the clock, so a part may
 * come out a little above its whole.
 */
export function percentOf(part: number | null, whole: number): number | null {
  if (part === null || whole <= 0) return null;
  return Math.round(Math.min(1, Math.max(0, part / whole)) * 10_000) / 100;
}

/** Of nothing at all nothing is known. */
export function sum(counts: readonly number[]): number | null {
  return counts.length === 0 ? null : counts.reduce((total, count) => total + count, 0);
}
