/** When the next request may go: pure. */
import type { Rate } from './limits.ts';

/**
 * Tokens as of a moment on the monotonic clock. Below zero are those that were promised already; a
 * moment that has not come yet is one before which nothing goes.
 */
export interface Bucket {
  readonly tokens: number;
  readonly atMs: number;
}

export function fullBucket(rate: Rate, nowMs: number): Bucket {
  return { tokens: rate.burst, atMs: nowMs };
}

export interface Drawn {
  readonly bucket: Bucket;
  /** Until the request that the token is for may go. */
  readonly waitMs: number;
}

/** Takes one token. Whoever drew earlier goes earlier, so there is no queue to keep. */
export function draw(rate: Rate, bucket: Bucket, nowMs: number): Drawn {
  const passedMs = Math.max(0, nowMs - bucket.atMs);
  const tokens = Math.min(rate.burst, bucket.tokens + passedMs * rate.perMs) - 1;
  const atMs = Math.max(nowMs, bucket.atMs);
  return { bucket: { tokens, atMs }, waitMs: atMs - nowMs + Math.max(0, -tokens) / rate.perMs };
}

/** Nothing goes before the moment, and from then on no burst: the venue has just said "too much". */
export function heldUntil(bucket: Bucket, untilMs: number): Bucket {
  if (untilMs <= bucket.atMs) return bucket;
  return { tokens: Math.min(0, bucket.tokens), atMs: untilMs };
}
