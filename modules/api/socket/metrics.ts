import type { EndReason } from './error.ts';
import type { SocketState } from './states.ts';

/** A plain object, as for `onHealth` and `superbot-cli health`. Counts are since it was opened. */
export interface SocketMetrics {
  /** Of the connection that is worst off. */
  readonly state: SocketState;
  /** The highest of a connection that is in use; null when there is none. */
  readonly generation: number | null;
  /** Connections that are being made, open or closing, now. */
  readonly sockets: number;
  readonly attempts: number;
  readonly opened: number;
  readonly reconnects: Readonly<Partial<Record<EndReason, number>>>;
  readonly rollovers: number;
  readonly rollovers_failed: number;
  readonly messages: number;
  readonly bytes: number;
  /** Of the connection that has been silent for longest; null when none has delivered yet. */
  readonly last_data_at: string | null;
  readonly data_age_ms: number | null;
  readonly stale_dropped: number;
  readonly duplicates_dropped: number;
  readonly unreadable: number;
  /** Topics asked for, on all connections: more than once each after a reconnect. */
  readonly subscribed: number;
  readonly topics: number;
  readonly topics_refused: number;
  readonly gaps: number;
  readonly queue_depth: number;
  readonly queue_bytes: number;
  readonly lost: number;
  readonly last_error: string | null;
}

/** One connection after the other, as far as it is shown. */
export interface ShownSuccession {
  readonly state: SocketState;
  readonly generation: number | null;
  readonly sockets: number;
  readonly lastDataAtMs: number | null;
  readonly lastError: Error | null;
  readonly wanted: ReadonlySet<string>;
}

/** The earlier of two is worse. */
const worstFirst: readonly SocketState[] = [
  'closed',
  'closing',
  'waiting',
  'connecting',
  'draining',
  'rolling',
  'open',
];

export function socketMetrics(
  tally: Tally,
  queue: { readonly queued: number; readonly queuedBytes: number },
  shards: readonly ShownSuccession[],
  nowMs: number,
): SocketMetrics {
  const generations = shards.flatMap(({ generation }) => generation ?? []);
  const lastDataAtMs = oldest(shards.map((shard) => shard.lastDataAtMs));
  const lastErrors = shards.flatMap(({ lastError }) => lastError?.message ?? []);
  return {
    state: worstFirst.find((state) => shards.some((shard) => shard.state === state)) ?? 'closed',
    generation: generations.length === 0 ? null : Math.max(...generations),
    sockets: sum(shards.map(({ sockets }) => sockets)),
    attempts: tally.attempts,
    opened: tally.opened,
    reconnects: { ...tally.reconnects },
    rollovers: tally.rollovers,
    rollovers_failed: tally.rolloversFailed,
    messages: tally.messages,
    bytes: tally.bytes,
    last_data_at: lastDataAtMs === null ? null : new Date(lastDataAtMs).toISOString(),
    data_age_ms: lastDataAtMs === null ? null : Math.max(0, nowMs - lastDataAtMs),
    stale_dropped: tally.stale,
    duplicates_dropped: tally.duplicates,
    unreadable: tally.unreadable,
    subscribed: tally.subscribed,
    topics: sum(shards.map(({ wanted }) => wanted.size)),
    topics_refused: tally.refused,
    gaps: tally.gaps,
    queue_depth: queue.queued,
    queue_bytes: queue.queuedBytes,
    lost: tally.lost,
    last_error: lastErrors.at(-1) ?? null,
  };
}

function oldest(times: readonly (number | null)[]): number | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0);
}

/** What has been counted since the socket was opened. */
export interface Tally {
  /** Connections that were begun, and those that opened. */
  attempts: number;
  opened: number;
  /** How often it had to connect anew, and why. */
  readonly reconnects: Partial<Record<EndReason, number>>;
  rollovers: number;
  /** Second connections that came to nothing while the first one went on. */
  rolloversFailed: number;
  /** Data handed to the subscriber's queue; bytes of every message that arrived. */
  messages: number;
  bytes: number;
  /** Dropped: from a connection that another has followed; the same as one delivered before. */
  stale: number;
  duplicates: number;
  unreadable: number;
  /** Topics asked for, on all connections, and those refused. */
  subscribed: number;
  refused: number;
  gaps: number;
  /** Messages that had to leave a full queue. */
  lost: number;
}

export function newTally(): Tally {
  return {
    attempts: 0,
    opened: 0,
    reconnects: {},
    rollovers: 0,
    rolloversFailed: 0,
    messages: 0,
    bytes: 0,
    stale: 0,
    duplicates: 0,
    unreadable: 0,
    subscribed: 0,
    refused: 0,
    gaps: 0,
    lost: 0,
  };
}

/** It has to connect anew. */
export function countReconnect({ reconnects }: Tally, reason: EndReason): void {
  reconnects[reason] = (reconnects[reason] ?? 0) + 1;
}
