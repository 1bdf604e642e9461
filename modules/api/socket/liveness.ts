/** Bounds on silence, each in milliseconds; null where there is none. */
export interface LivenessLimits {
  readonly dataTimeoutMs: number | null;
  readonly pingIntervalMs: number | null;
  readonly pongTimeoutMs: number;
}

/** Of one connection, in milliseconds of a clock that never steps. */
export interface LivenessFacts {
  readonly nowMs: number;
  /** When this look should have been. */
  readonly plannedMs: number;
  /** The last message, or since when there could have been one. */
  readonly dataMs: number;
  /** The last of anything: message, ping, pong. */
  readonly heardMs: number;
  readonly lastPingMs: number;
  /** When the oldest request that waits for its acknowledgement is given up. */
  readonly ackDueMs: number | null;
}

export type LivenessVerdict =
  | { readonly kind: 'dead'; readonly reason: 'no_data' | 'no_pong' | 'no_ack' }
  | { readonly kind: 'ping' }
  | { readonly kind: 'look_again'; readonly inMs: number };

/** By how much a look may be late before the process, not the server, counts as what was asleep. */
const lateMs = 1000;
/** Time for what has arrived meanwhile to be read. */
const readMs = 1000;
/** Where nothing is bounded. */
const idleMs = 60_000;

/**
 * What to do about a connection now. Pongs prove that somebody is there, not that data come: that is
 * judged by the data alone. Whoever sends anything after a ping has answered it.
 *
 * A process that was itself held up finds the silence of a connection that has been talking all the
 * time: before anybody is declared dead, what has arrived is read.
 */
export function judgeLiveness(facts: LivenessFacts, limits: LivenessLimits): LivenessVerdict {
  const { nowMs, plannedMs, dataMs, heardMs, lastPingMs, ackDueMs } = facts;
  const { dataTimeoutMs, pingIntervalMs, pongTimeoutMs } = limits;
  const isPingOpen = pingIntervalMs !== null && lastPingMs > heardMs;
  const bounds = [
    { reason: 'no_data', dueMs: dataTimeoutMs === null ? Infinity : dataMs + dataTimeoutMs },
    { reason: 'no_pong', dueMs: isPingOpen ? lastPingMs + pongTimeoutMs : Infinity },
    { reason: 'no_ack', dueMs: ackDueMs ?? Infinity },
  ] as const;
  const over = bounds.find(({ dueMs }) => nowMs >= dueMs);
  if (over !== undefined) {
    if (nowMs - plannedMs > lateMs) return { kind: 'look_again', inMs: readMs };
    return { kind: 'dead', reason: over.reason };
  }
  const pingMs = pingIntervalMs === null || isPingOpen ? Infinity : lastPingMs + pingIntervalMs;
  if (nowMs >= pingMs) return { kind: 'ping' };
  const nextMs = Math.min(pingMs, nowMs + idleMs, ...bounds.map(({ dueMs }) => dueMs));
  return { kind: 'look_again', inMs: nextMs - nowMs };
}
