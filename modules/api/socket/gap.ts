import type { EndReason } from './error.ts';

/**
 * Something may be missing between the message before and the message after: whoever keeps a state
 * by the messages reads it anew. A venue's own clock differs, and messages take time: ask it for
 * somewhat more than the interval.
 */
export interface Gap {
  /** When the last message before came, in milliseconds since 1970. */
  readonly fromMs: number;
  /** Since when nothing is missing any more: everything is subscribed to again. */
  readonly toMs: number;
  /**
   * Why the connection ended; `overflow`: messages came faster than they were taken; `rollover`: the
   * new connection took over, and nothing shows that the old one had delivered everything.
   */
  readonly reason: EndReason | 'overflow' | 'rollover';
  /** How many messages are missing; null when nobody knows. */
  readonly lost: number | null;
  /** What they may have belonged to; null: to any topic. */
  readonly topics: readonly string[] | null;
}

/** As fields of a log line, times in UTC. Topics are counted: there may be a thousand. */
export function loggedGap({ fromMs, toMs, reason, lost, topics }: Gap) {
  const [from, to] = [fromMs, toMs].map((ms) => new Date(ms).toISOString());
  return { reason, from, to, lost, topics: topics?.length ?? null };
}

/** Of two with nothing in between. The reason is that of the one of which nobody knows the size. */
export function mergeGaps(a: Gap, b: Gap): Gap {
  return {
    fromMs: Math.min(a.fromMs, b.fromMs),
    toMs: Math.max(a.toMs, b.toMs),
    reason: a.lost === null ? a.reason : b.reason,
    lost: a.lost === null || b.lost === null ? null : a.lost + b.lost,
    topics:
      a.topics === null || b.topics === null ? null : [...new Set([...a.topics, ...b.topics])],
  };
}
