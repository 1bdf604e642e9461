/**
 * The time in which two connections deliver: the old one to the subscriber, the new one into a
 * buffer. It ends without loss when one message has come over both after everything was subscribed
 * to on the new one: connections keep order, so the old one has delivered what came before, and the
 * new one has what comes after. Where messages have no keys, or none come, the old one is asked to
 * close: what the server sent before its own goodbye still arrives.
 */

export interface OverlapLimits {
  /** The least, where no message proves anything. */
  readonly overlapMs: number;
  readonly overlapMsMax: number;
}

export interface OverlapFacts {
  /** How long everything has been subscribed to on the new connection; null: it is not yet. */
  readonly readyForMs: number | null;
  /** The same message came over both. */
  readonly isProved: boolean;
  /** Messages with a key, on the new connection, which the old one has not delivered. */
  readonly unmatched: number;
  readonly hasNewData: boolean;
  readonly hasOldData: boolean;
}

/**
 * - `switch`: nothing is missing, take over now
 * - `drain`: ask the old connection to close, and take over when it has
 * - `abandon`: the new connection is mute while the old one talks
 */
export type OverlapVerdict =
  | { readonly kind: 'switch' | 'drain' | 'abandon' }
  | { readonly kind: 'wait'; readonly forMs: number | null };

export function judgeOverlap(
  { readyForMs, isProved, unmatched, hasNewData, hasOldData }: OverlapFacts,
  { overlapMs, overlapMsMax }: OverlapLimits,
): OverlapVerdict {
  if (readyForMs === null) return { kind: 'wait', forMs: null };
  if (isProved) return { kind: 'switch' };
  if (readyForMs < overlapMs) return { kind: 'wait', forMs: overlapMs - readyForMs };
  if (hasNewData && unmatched === 0) return { kind: 'drain' };
  if (readyForMs < overlapMsMax) return { kind: 'wait', forMs: overlapMsMax - readyForMs };
  return { kind: hasOldData && !hasNewData ? 'abandon' : 'drain' };
}
