/** Wanted × actual: who decides what is wanted, and what follows from the difference. Pure. */
import type { ModuleState, Wanted } from '../../rpc/shapes.ts';

export interface Claims {
  /** An operator's last word, a halt counting as "down"; null when there was none. */
  readonly operator: Wanted | null;
  /** It asked itself to stay down until an operator starts it. */
  readonly halted: boolean;
  /** It did what it was for and ended by itself. */
  readonly finished: boolean;
  readonly enabled: boolean;
  readonly autostart: boolean;
}

/**
 * What is said of a module itself, apart from its dependants: an operator's stop and a halt stick,
 * an operator's start holds, else autostart decides. A finished module is down until somebody asks
 * again. Null when nobody says anything.
 */
export function claimOf({ operator, finished, enabled, autostart }: Claims): Wanted | null {
  if (!enabled || finished || operator === 'down') return 'down';
  return operator === 'up' || autostart ? 'up' : null;
}

export type DownReason = 'disabled' | 'halted' | 'operator' | 'finished' | 'shutdown';

/** Why a module is down, the lasting reasons first; null when simply nobody wants it. */
export function whyDown(
  { operator, halted, finished, enabled }: Claims,
  closing: boolean,
): DownReason | null {
  if (!enabled) return 'disabled';
  if (operator === 'down') return halted ? 'halted' : 'operator';
  if (finished) return 'finished';
  return closing ? 'shutdown' : null;
}

export interface Situation {
  readonly state: ModuleState;
  readonly wanted: Wanted;
  /** Somebody asked for a launch newer than the present one. */
  readonly launchAgain: boolean;
  /** Ending it was tried in vain, and nobody has asked for anything since. */
  readonly unendable: boolean;
  /** A step (spawning, ending) is under way: what comes next is decided when it is done. */
  readonly busy: boolean;
  /** The daemon is ending: nothing is launched any more. */
  readonly closing: boolean;
  /** A dependency is down or failed, so it may not run though it may be wanted. */
  readonly held: boolean;
  /** Modules that depend on it run: they end first. */
  readonly leanedOn: boolean;
}

export type NextStep = 'launch' | 'end' | 'none';

/**
 * What brings a module nearer to what is wanted. Also what has crashed is ended before it counts as
 * stopped, because processes of it may be left.
 */
export function nextStep({
  state,
  wanted,
  launchAgain,
  unendable,
  busy,
  closing,
  held,
  leanedOn,
}: Situation): NextStep {
  if (busy) return 'none';
  const up = wanted === 'up' && !closing;
  switch (state) {
    case 'stopped':
      return up && !held ? 'launch' : 'none';
    case 'starting':
    case 'running':
      if (up && !held && !launchAgain) return 'none';
      return leanedOn ? 'none' : 'end';
    case 'stopping':
      return 'none';
    case 'restarting':
      if (!up || held) return 'end';
      return launchAgain ? 'launch' : 'none';
    case 'import_failed':
    case 'failed':
      // That it failed is worth more than why it could not run now anyway.
      if (!up) return unendable ? 'none' : 'end';
      return launchAgain && !held ? 'launch' : 'none';
  }
}
