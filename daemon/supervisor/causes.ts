/** Who is behind what happens to a module, for whoever reads its history. */
import { windowJobs } from '../../config/window-jobs.ts';
import type { Hold } from './dependencies.ts';
import type { Claims } from './intent.ts';
import type { LifeEvent } from './states.ts';

export type Cause =
  /** Over RPC, by this method. */
  | { readonly by: 'operator'; readonly method: string }
  /** It asked for it itself. */
  | { readonly by: 'module'; readonly method: string }
  | { readonly by: 'schedule'; readonly job: string }
  /** A new configuration was put in force. */
  | { readonly by: 'reload' }
  | { readonly by: 'autostart' }
  /** An operator started it before the last daemon ended. */
  | { readonly by: 'memory' }
  /** It is stopped, has failed, or is back. */
  | { readonly by: 'dependency'; readonly module: string }
  /** It is needed by this one. */
  | { readonly by: 'dependant'; readonly module: string }
  /** The next try after a crash. */
  | { readonly by: 'restart_policy' }
  | { readonly by: 'retry_failed' }
  | { readonly by: 'shutdown' }
  /** The daemon's own judgement, which the reason of the new state tells. */
  | { readonly by: 'daemon' };

/** What is true of a module when something happens to it. */
export interface Circumstances {
  readonly claims: Claims;
  readonly neededBy: string | null;
  readonly hold: Hold | null;
}

/** Remembers of one module who asked for what, until it has happened. */
export class Causes {
  /** By whom something was asked of it since its last launch. */
  asked: Cause | null = null;
  /** Who is behind a launch that is not ready yet. */
  #launchedBy: Cause | null = null;

  /** Null for what is nobody's will. */
  of(event: LifeEvent, reason: string | null, now: Circumstances): Cause | null {
    if (event === 'launch') {
      const cause = causeOfLaunch(this.asked, now.claims, now.neededBy);
      this.asked = null;
      this.#launchedBy = cause;
      return cause;
    }
    if (event === 'give_up') return this.#launchedBy;
    if (event === 'ready') this.#launchedBy = null;
    const isHeld = reason === 'dependency_stopped' || reason === 'dependency_failed';
    if (event !== 'end' && !isHeld) return null;
    const cause = causeOfEnd(reason, this.asked, now.hold);
    // The dependency's return will be the cause of the next launch.
    if (isHeld) this.asked = cause;
    return cause;
  }
}

/** @param asked by whom a launch was asked for since the last one; null when by nobody */
export function causeOfLaunch(
  asked: Cause | null,
  { operator, window, autostart }: Claims,
  neededBy: string | null,
): Cause {
  if (asked) return asked;
  if (operator === 'up') return { by: 'memory' };
  if (window === 'up') return { by: 'schedule', job: windowJobs.opens };
  if (autostart) return { by: 'autostart' };
  return neededBy === null ? { by: 'daemon' } : { by: 'dependant', module: neededBy };
}

/** @param reason that of the new state, as in `Life.endReason` or an end of the daemon's own */
export function causeOfEnd(reason: string | null, asked: Cause | null, hold: Hold | null): Cause {
  switch (reason) {
    case 'restart':
    case 'operator':
    case 'halted':
    case 'schedule':
      return asked ?? { by: 'daemon' };
    case 'shutdown':
      return { by: 'shutdown' };
    case 'dependency_stopped':
    case 'dependency_failed':
      return hold ? { by: 'dependency', module: hold.dependency } : { by: 'daemon' };
    case null:
      return asked?.by === 'reload' ? asked : { by: 'daemon' };
    default:
      return { by: 'daemon' };
  }
}
