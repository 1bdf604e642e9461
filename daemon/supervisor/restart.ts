/** What an exit that nobody asked for means, and how long the next start waits. Pure. */
import type { RestartConfig } from '../../config/effective.ts';

/** The configuration's, but for the one key that is about a module that was given up on. */
export type RestartPolicy = Omit<RestartConfig, 'retryFailedMs'>;

export interface UnaskedExit {
  /** `start_timeout`: it was ended by us, because it did not become ready in time. */
  readonly cause: 'exit' | 'start_timeout';
  readonly code: number | null;
  readonly signal: string | null;
  /** Automatic restarts so far, forgiven ones not counted. */
  readonly restartCount: number;
}

/** Exit codes with a meaning of their own: sysexits.h EX_CONFIG, and the next one, which is ours. */
const exitCodes = { configurationError: 78, halted: 79 } as const;

export type Verdict =
  | { readonly kind: 'finished' }
  | { readonly kind: 'halted' }
  | { readonly kind: 'back_off' }
  | {
      readonly kind: 'give_up';
      readonly reason: 'restart_limit' | 'start_timeout' | 'crashed' | 'exit_78';
    };

export function judgeExit(exit: UnaskedExit, { policy, maxRestarts }: RestartPolicy): Verdict {
  if (exit.cause === 'exit') {
    if (exit.code === exitCodes.halted) return { kind: 'halted' };
    if (exit.code === exitCodes.configurationError) return { kind: 'give_up', reason: 'exit_78' };
    if (exit.code === 0 && policy !== 'always') return { kind: 'finished' };
  }
  if (policy === 'never') {
    return { kind: 'give_up', reason: exit.cause === 'exit' ? 'crashed' : 'start_timeout' };
  }
  if (exit.restartCount >= maxRestarts) {
    return { kind: 'give_up', reason: exit.cause === 'exit' ? 'restart_limit' : 'start_timeout' };
  }
  return { kind: 'back_off' };
}

/** Restarts that still count after a run of this length. */
export function countAfterRun(
  restartCount: number,
  uptimeMs: number,
  resetAfterMs: number,
): number {
  return uptimeMs >= resetAfterMs ? 0 : restartCount;
}

/**
 * Delay in milliseconds before restart number `restartCount + 1`: doubling from the base, capped,
 * then spread by ± jitter, never under the floor.
 * @param random a number in [0, 1)
 */
export function restartDelay(restartCount: number, policy: RestartPolicy, random: number): number {
  const { baseDelayMs, maxDelayMs, minDelayMs, jitter } = policy;
  // Above 2^52 the power is no longer exact, and the cap has long been reached.
  const delayMs = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(restartCount, 52));
  const spreadMs = delayMs * jitter * (2 * random - 1);
  return Math.max(minDelayMs, Math.round(delayMs + spreadMs));
}

/** The longest delay that `restartDelay` can give, in milliseconds. */
export function longestDelay({ maxDelayMs, minDelayMs, jitter }: RestartPolicy): number {
  return Math.max(minDelayMs, Math.round(maxDelayMs * (1 + jitter)));
}
