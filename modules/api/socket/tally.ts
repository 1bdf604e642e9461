import type { EndReason } from './socket-error.ts';

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
