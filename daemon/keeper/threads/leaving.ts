/** When a thread host ends by itself, because nobody will ever ask for it again. Pure. */

/** Who was connected last tells of ends within this time, or whoever comes after it. */
export const untoldMsMax = 10_000;
/** A home that was moved and a keeper that is being replaced are back within this time. */
export const unclaimedMsMax = 30_000;
/** So soon is it seen that a home was removed; a look is two calls of stat(2), and only without a keeper. */
const lookMs = 2000;

export interface HostFacts {
  /** A keeper is connected, or the one that started it lives and is about to connect. */
  readonly isClaimed: boolean;
  /** Since when not; 0 while it is. */
  readonly unclaimedMs: number;
  readonly living: number;
  /** Threads that have ended, of which no keeper has stored it. */
  readonly untold: number;
  readonly place: HostPlace;
}

/** Whether the next keeper can find the host in `run/`: not when that was moved, or is gone for good. */
export type HostPlace = 'named' | 'unnamed' | 'gone';

export type Leaving =
  | { readonly do: 'stay' }
  | { readonly do: 'look_again'; readonly afterMs: number }
  | { readonly do: 'leave' };

export function nextLeaving(facts: HostFacts): Leaving {
  const { isClaimed, unclaimedMs, living, untold, place } = facts;
  if (isClaimed) return { do: 'stay' };
  if (place === 'gone' || living + untold === 0) return { do: 'leave' };
  const isPatient = living === 0 ? unclaimedMs < untoldMsMax : isAwaited(place, unclaimedMs);
  return isPatient ? { do: 'look_again', afterMs: lookMs } : { do: 'leave' };
}

/** Threads run on for a keeper that can find them, however long it takes to come. */
function isAwaited(place: HostPlace, unclaimedMs: number): boolean {
  return place === 'named' || unclaimedMs < unclaimedMsMax;
}
