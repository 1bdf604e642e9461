/** What the trading window says at a moment, given what it said last. Pure. */
import type { Wanted } from '../../rpc/shapes.ts';
import { minuteMs } from './calendar.ts';
import { type Window, windowAt } from './window.ts';

export type Edge = 'opens' | 'closes';

export interface SeenHours {
  /** Every edge up to here has been looked at. */
  readonly seenMs: number;
  readonly claim: Wanted;
}

export interface Hours {
  readonly claim: Wanted;
  /** The edge that has come since and counts: the latest one that is not paused. */
  readonly edge: Edge | null;
  /** Up to where no edge has to be looked at again. */
  readonly seenMs: number;
}

/**
 * Set back by more than this, the clock was wrong before, such as by its zone, and what was seen then
 * is worth nothing: it may have ended a day that has just begun. Less is a slip, and nothing flaps.
 */
const setBackMsMax = 10 * minuteMs;

/** @param last null when the window is new, or another one than before: that is no edge */
export function hoursAt(
  window: Window,
  last: SeenHours | null,
  paused: ReadonlySet<Edge>,
  nowMs: number,
): Hours {
  const { open } = windowAt(window, nowMs);
  const claim = open ? 'up' : 'down';
  const latest: Edge = open ? 'opens' : 'closes';
  if (last === null) return { claim, edge: null, seenMs: nowMs };
  if (last.seenMs > nowMs + setBackMsMax) {
    const isEdge = claim !== last.claim && !paused.has(latest);
    return { claim: isEdge ? claim : last.claim, edge: isEdge ? latest : null, seenMs: nowMs };
  }
  const firstMs = windowAt(window, last.seenMs).nextEdgeMs;
  if (firstMs === null || firstMs > nowMs) return { ...last, edge: null };
  if (!paused.has(latest)) return { claim, edge: latest, seenMs: nowMs };
  const before: Edge = open ? 'closes' : 'opens';
  const secondMs = windowAt(window, firstMs).nextEdgeMs;
  if (secondMs === null || secondMs > nowMs || paused.has(before))
    return { claim: last.claim, edge: null, seenMs: nowMs };
  return { claim: open ? 'down' : 'up', edge: before, seenMs: nowMs };
}

/** The next instants, at most `max`, at which it does this. */
export function edgesAfter(window: Window, edge: Edge, afterMs: number, max: number): number[] {
  const found: number[] = [];
  let atMs = afterMs;
  while (found.length < max) {
    const { nextEdgeMs } = windowAt(window, atMs);
    if (nextEdgeMs === null) break;
    if (windowAt(window, nextEdgeMs).open === (edge === 'opens')) found.push(nextEdgeMs);
    atMs = nextEdgeMs;
  }
  return found;
}
