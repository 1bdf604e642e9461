/**
 * The last events, and what is known of older ones. The daemon's own events are kept apart, so that a
 * flood of prices does not push out what happened to the modules.
 */
import { isDaemonTopic, isFleetingTopic } from '../../rpc/topic.ts';
import { matchesAny } from './matcher.ts';
import { Ring } from './ring.ts';

export interface KeptEvent {
  readonly seq: number;
  readonly topic: string;
  /** The whole event as JSON. */
  readonly text: string;
}

export interface HistoryLimits {
  readonly entriesMax: number;
  readonly bytesMax: number;
  /** Topics of which it is known when the last event was let go. */
  readonly topicsMax: number;
}

export interface Past {
  /** Oldest first. */
  readonly events: readonly KeptEvent[];
  /** At most so many matching events are gone; null when nobody knows. */
  readonly lostCount: number | null;
}

export class History {
  readonly #own: Ring<KeptEvent>;
  readonly #others: Ring<KeptEvent>;
  readonly #topicsMax: number;
  readonly #firstSeq: number;
  /** By topic, the number of the last event of it that was let go. */
  #gone = new Map<string, number>();
  /** Events up to this one may be gone, whatever their topic. */
  #forgottenSeq: number;

  /** @param firstSeq the number of the first event there will be */
  constructor(limits: HistoryLimits, firstSeq: number) {
    // A character of JSON is counted as two bytes, as which V8 may store it.
    const bytesOf = ({ text }: KeptEvent) => 2 * text.length;
    this.#own = new Ring(limits, bytesOf);
    this.#others = new Ring(limits, bytesOf);
    this.#topicsMax = limits.topicsMax;
    this.#firstSeq = firstSeq;
    this.#forgottenSeq = firstSeq - 1;
  }

  get size(): number {
    return this.#own.size + this.#others.size;
  }

  get bytes(): number {
    return this.#own.bytes + this.#others.bytes;
  }

  push(event: KeptEvent): void {
    if (isFleetingTopic(event.topic)) return;
    const ring = isDaemonTopic(event.topic) ? this.#own : this.#others;
    for (const { topic, seq } of ring.push(event)) this.#letGo(topic, seq);
  }

  /** Oldest first; all topics without patterns. */
  kept(patterns: readonly string[] | null): KeptEvent[] {
    return this.#after(-1, patterns === null ? () => true : matchesAny(patterns));
  }

  /**
   * What somebody has missed who has seen everything up to `from`. That number may be of an earlier
   * daemon: then what that one published later is lost, and nobody knows how much. From 0 it is all
   * that is kept.
   */
  since(from: number, patterns: readonly string[], lastSeq: number): Past {
    const matches = matchesAny(patterns);
    const isOurs = from === 0 || (from >= this.#firstSeq - 1 && from <= lastSeq);
    const seenSeq = from === 0 || !isOurs ? this.#firstSeq - 1 : from;
    const events = this.#after(seenSeq, matches);
    return { events, lostCount: isOurs ? this.#lostAfter(seenSeq, matches) : null };
  }

  #after(from: number, matches: (topic: string) => boolean): KeptEvent[] {
    return [...this.#own.items(), ...this.#others.items()]
      .filter(({ seq, topic }) => seq > from && matches(topic))
      .sort((a, b) => a.seq - b.seq);
  }

  #lostAfter(from: number, matches: (topic: string) => boolean): number {
    const lastGone = Math.max(
      this.#forgottenSeq,
      ...[...this.#gone].filter(([topic]) => matches(topic)).map(([, seq]) => seq),
    );
    return Math.max(0, lastGone - from);
  }

  #letGo(topic: string, seq: number): void {
    this.#gone.set(topic, seq);
    if (this.#gone.size <= this.#topicsMax) return;
    this.#forgottenSeq = Math.max(...this.#gone.values());
    this.#gone = new Map();
  }
}
