/** Stretches of time, and what is left of them. Pure; half-open, in milliseconds. */

export interface TimeSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The same time as few stretches that neither touch nor overlap, oldest first. */
export function union(spans: readonly TimeSpan[]): TimeSpan[] {
  const sorted = spans
    .filter(({ fromMs, toMs }) => fromMs < toMs)
    .sort((one, other) => one.fromMs - other.fromMs);
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  return merged;
}

/** What of `spans` lies in none of `removed`. */
export function subtract(spans: readonly TimeSpan[], removed: readonly TimeSpan[]): TimeSpan[] {
  const holes = union(removed);
  let next = 0;
  const left: TimeSpan[] = [];
  for (const { fromMs, toMs } of union(spans)) {
    let beginMs = fromMs;
    for (let hole = holes[next]; hole !== undefined && hole.fromMs < toMs; hole = holes[next]) {
      if (hole.fromMs > beginMs) left.push({ fromMs: beginMs, toMs: hole.fromMs });
      beginMs = Math.max(beginMs, hole.toMs);
      // A hole that goes on beyond this stretch may reach into the next one.
      if (hole.toMs > toMs) break;
      next += 1;
    }
    if (beginMs < toMs) left.push({ fromMs: beginMs, toMs });
  }
  return left;
}

/** What of `spans` lies between the two times. */
export function within(spans: readonly TimeSpan[], { fromMs, toMs }: TimeSpan): TimeSpan[] {
  return union(
    spans.map((span) => ({
      fromMs: Math.max(span.fromMs, fromMs),
      toMs: Math.min(span.toMs, toMs),
    })),
  );
}

/** Milliseconds, each counted once. */
export function lengthMs(spans: readonly TimeSpan[]): number {
  return union(spans).reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
}
