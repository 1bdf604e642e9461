/** Wanted × actual: who decides what is wanted, and what follows from the difference. Pure. */
import type { ModuleState, Wanted } from '../../rpc/shapes.ts';

export interface Claims {
  /** An operator's last word, a halt counting as "down"; null when there was none. */
  readonly operator: Wanted | null;
  /** It asked itself to stay down until an operator starts it. */
  readonly halted: boolean;
  /** An operator's stop, or a job's, that holds only until the schedule wants it again. */
  readonly untilSchedule: boolean;
  /** It did what it was for and ended by itself. */
  readonly finished: boolean;
  readonly enabled: boolean;
  /** What its hours say; null for a module without any. */
  readonly window: Wanted | null;
  readonly autostart: boolean;
}

/**
 * What is said of a module itself, apart from its dependants: an operator's stop and a halt stick,
 * an operator's start holds until the next edge of its hours, else these decide, else autostart. A
 * finished module is down until somebody asks again. Null when nobody says anything.
 */
export function claimOf({ operator, finished, enabled, window, autostart }: Claims): Wanted | null {
  if (!enabled || finished || operator === 'down') return 'down';
  if (operator === 'up') return 'up';
  return window ?? (autostart ? 'up' : null);
}

/** Whom the schedule must not override: who keeps it down for good; null when nobody does. */
export function keptDownBy({
  operator,
  halted,
  untilSchedule,
  enabled,
}: Omit<Claims, 'finished' | 'window' | 'autostart'>): 'disabled' | 'halted' | 'operator' | null {
  if (!enabled) return 'disabled';
  if (operator !== 'down' || untilSchedule) return null;
  return halted ? 'halted' : 'operator';
}

export type DownReason = 'disabled' | 'halted' | 'operator' | 'finished' | 'schedule' | 'shutdown';

/** Why a module is down, the lasting reasons first; null when simply nobody wants it. */
export function whyDown(claims: Claims, closing: boolean): DownReason | null {
  const { operator, finished, window } = claims;
  const lasting = keptDownBy(claims);
  if (lasting !== null) return lasting;
  if (operator === 'down') return 'schedule';
  if (finished) return 'finished';
  if (operator === null && window === 'down') return 'schedule';
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
  /** Nothing but its hours keeps it down. */
  readonly offHours: boolean;
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
  offHours,
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
      if (!up) return unendable || (offHours && !closing) ? 'none' : 'end';
      return launchAgain && !held ? 'launch' : 'none';
  }
}
