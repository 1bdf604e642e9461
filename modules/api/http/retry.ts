/** Whether and when a request is sent again: pure. */
import { backoffMs } from '../../../rpc/backoff.ts';
import type { HttpFailure } from './error.ts';

export interface RetryPolicy {
  /** How often a request is sent at most, the first time included. */
  readonly attempts: number;
  readonly baseDelayMs: number;
  readonly multiplier: number;
  readonly maxDelayMs: number;
}

export const defaultRetry: RetryPolicy = {
  attempts: 3,
  baseDelayMs: 1000,
  multiplier: 2,
  maxDelayMs: 10_000,
};

/** RFC 9110, 9.2.2, of the methods that are in use here. */
const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']);

/** Whether doing it twice is the same as doing it once, so that it may be sent again. */
export function isIdempotent(method: string, told: boolean | undefined): boolean {
  return told ?? idempotentMethods.has(method);
}

/** 418 is not among them: there a ban begins, and whoever goes on is banned for longer. */
const retryableStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Whether another attempt could end better. */
export function isRetryable(failure: HttpFailure): boolean {
  switch (failure.kind) {
    case 'connect':
    case 'network':
      return true;
    case 'timeout':
      return failure.limit !== 'total';
    case 'status':
      return retryableStatuses.has(failure.response.status);
    case 'invalid':
    case 'pool_exhausted':
    case 'cancelled':
    case 'held':
    case 'redirect':
    case 'body_too_large':
    case 'bad_encoding':
    case 'not_json':
    case 'closed':
      return false;
  }
}

/**
 * How long to wait after so many attempts have failed, in milliseconds: full jitter, so that many
 * clients do not come back in the same moment. Never before `retryAfterMs`, where the server named
 * it, and a little after it for the same reason.
 * @param random at least 0, below 1
 */
export function retryDelayMs(
  policy: RetryPolicy,
  failed: number,
  retryAfterMs: number | null,
  random: number,
): number {
  const { baseDelayMs, multiplier, maxDelayMs } = policy;
  if (retryAfterMs !== null) return retryAfterMs + random * baseDelayMs;
  return backoffMs({ baseMs: baseDelayMs, maxMs: maxDelayMs, multiplier }, failed - 1, random);
}

export type NextStep =
  | { readonly kind: 'retry'; readonly delayMs: number }
  | { readonly kind: 'give_up'; readonly because: string | null };

export interface Failed {
  readonly failure: HttpFailure;
  /** How many attempts have failed, this one included. */
  readonly attempts: number;
  readonly mayRepeat: boolean;
  /** Whether a retry at once has been spent on a connection that turned out to be dead. */
  readonly deadSocketRetried: boolean;
  readonly leftMs: number;
}

/** What to do after a failed attempt; `because` says why a failure that would pass is not tried again. */
export function nextStep(policy: RetryPolicy, failed: Failed, random: number): NextStep {
  const { failure, attempts, mayRepeat, deadSocketRetried, leftMs } = failed;
  if (!mayRepeat || !isRetryable(failure)) return { kind: 'give_up', because: null };
  if (failure.kind === 'network' && failure.wasReused && !deadSocketRetried)
    return { kind: 'retry', delayMs: 0 };
  if (attempts >= policy.attempts)
    return { kind: 'give_up', because: attempts > 1 ? `tried ${attempts} times` : null };
  const askedMs = failure.kind === 'status' ? failure.retryAfterMs : null;
  const delayMs = retryDelayMs(policy, attempts, askedMs, random);
  if (delayMs < leftMs) return { kind: 'retry', delayMs };
  const because =
    askedMs === null
      ? 'no time is left for another attempt'
      : `it asks to wait for ${(askedMs / 1000).toFixed(1)} s, and only ${(leftMs / 1000).toFixed(1)} s are left`;
  return { kind: 'give_up', because };
}
