/** Wanted × actual: who decides what is wanted, and what follows from the difference. Pure. */
import type { ModuleState, Wanted } from '../../rpc/shapes.ts';

export interface Claims {
  /** An operator's last word, a halt counting as "down"; null when there was none. */
  readonly operator: Wanted | null;
  /** It did what it was for and ended by itself. */
  readonly finished: boolean;
  readonly enabled: boolean;
  readonly autostart: boolean;
}

/**
 * An operator's stop and a halt stick; an operator's start holds; else autostart decides. A finished
 * module is wanted by nobody until somebody asks again.
 */
export function wantedOf({ operator, finished, enabled, autostart }: Claims): Wanted {
  if (!enabled || finished || operator === 'down') return 'down';
  return operator === 'up' || autostart ? 'up' : 'down';
}

export interface Situation {
  readonly state: ModuleState;
  readonly wanted: Wanted;
  /** Somebody asked for a launch newer than the present one. */
  readonly launchAgain: boolean;
  /** A step (spawning, ending) is under way: what comes next is decided when it is done. */
  readonly busy: boolean;
  /** The daemon is ending: nothing is launched any more. */
  readonly closing: boolean;
}

export type NextStep = 'launch' | 'end' | 'settle' | 'none';

/** What brings a module nearer to what is wanted. `settle`: nothing runs, so just say stopped. */
export function nextStep({ state, wanted, launchAgain, busy, closing }: Situation): NextStep {
  if (busy) return 'none';
  const up = wanted === 'up' && !closing;
  switch (state) {
    case 'stopped':
      return up ? 'launch' : 'none';
    case 'starting':
    case 'running':
      return up && !launchAgain ? 'none' : 'end';
    case 'stopping':
      return 'none';
    case 'restarting':
      if (!up) return 'settle';
      return launchAgain ? 'launch' : 'none';
    case 'failed':
    case 'import_failed':
      if (!up) return 'settle';
      return launchAgain ? 'launch' : 'none';
  }
}
