/**
 * Whether the clock may be believed when it says that something is old enough to be dropped. Pure.
 *
 * A clock that jumps a year ahead makes all that is kept look old. So after a jump, which cannot be
 * told from a long time without the collector, nothing is dropped for a day, and somebody can see it.
 */
import { dayMs } from './days.ts';

export interface ClockLook {
  readonly lookedAtMs: number;
  readonly heldUntilMs: number | null;
}

export interface ClockVerdict extends ClockLook {
  readonly mayDrop: boolean;
  /** By how much it jumped since the last look; null when it did not. */
  readonly jumpedMs: number | null;
}

const jumpMsMin = 2 * dayMs;
const holdMs = dayMs;

export function judgeClock(last: ClockLook | null, nowMs: number): ClockVerdict {
  if (last === null) return { lookedAtMs: nowMs, heldUntilMs: null, mayDrop: true, jumpedMs: null };
  const sinceMs = nowMs - last.lookedAtMs;
  if (Math.abs(sinceMs) >= jumpMsMin) {
    return { lookedAtMs: nowMs, heldUntilMs: nowMs + holdMs, mayDrop: false, jumpedMs: sinceMs };
  }
  const isHeld = last.heldUntilMs !== null && nowMs < last.heldUntilMs;
  const heldUntilMs = isHeld ? last.heldUntilMs : null;
  return { lookedAtMs: nowMs, heldUntilMs, mayDrop: !isHeld, jumpedMs: null };
}
