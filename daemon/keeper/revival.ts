/** When a daemon that ended without a word is started again. Pure. */

const firstDelayMs = 1000;
const longestDelayMs = 60_000;
/** A daemon that served as long has nothing to do with the ends of those before it. */
const steadyMs = 60_000;
const lookMs = 500;

export interface DaemonFacts {
  /** It has told how it is started again, and has not said goodbye. */
  readonly isRevivable: boolean;
  /** A daemon is connected. */
  readonly isServed: boolean;
  /** The process that was connected last, or was started since, lives. */
  readonly isAlive: boolean;
  /** How long the last one was connected; 0 for one that never was. */
  readonly servedMs: number;
  /** Before the last one was started; null when it was not started by us. */
  readonly lastDelayMs: number | null;
}

export type Revival =
  | { readonly do: 'nothing' }
  /** It may come back by itself, or is about to end. */
  | { readonly do: 'look_again'; readonly afterMs: number }
  | { readonly do: 'start'; readonly afterMs: number };

export function nextRevival(facts: DaemonFacts): Revival {
  if (!facts.isRevivable || facts.isServed) return { do: 'nothing' };
  if (facts.isAlive) return { do: 'look_again', afterMs: lookMs };
  if (facts.lastDelayMs === null || facts.servedMs >= steadyMs) {
    return { do: 'start', afterMs: firstDelayMs };
  }
  return { do: 'start', afterMs: Math.min(longestDelayMs, facts.lastDelayMs * 2) };
}
