/**
 * Keeps the books of what is covered: every connection and every gap into the coverage ledger, and
 * every gap to those who repair it. Time counts as covered only when what was received in it is safe.
 */
import type { Gap as SocketGap } from '../../api/socket.ts';
import type { Coverage } from '../store.ts';
import type { Feed } from './feed.ts';
import type { Gap } from './repairs.ts';
import type { TradeQueue } from './trade-queue.ts';

export interface LedgerOptions {
  readonly coverage: Coverage;
  readonly queue: TradeQueue;
  readonly now: () => number;
  readonly onGap: (gap: Gap) => void;
}

/** What a connection has brought. */
type Brought = Pick<Feed, 'stream' | 'lastTakenMs'>;

export class Ledger {
  readonly #options: LedgerOptions;
  /** Streams that were connected in this life, and until when each is covered. */
  readonly #coveredMs = new Map<string, number>();
  #reconnections = 0;
  #lastReconnectMs: number | null = null;

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  get reconnections(): number {
    return this.#reconnections;
  }

  get lastReconnectMs(): number | null {
    return this.#lastReconnectMs;
  }

  /** Until when all that the stream brought is safe; null when it was not connected in this life. */
  coveredMs(stream: string): number | null {
    return this.#coveredMs.get(stream) ?? null;
  }

  expect(streams: readonly string[]): void {
    const { coverage, now } = this.#options;
    coverage.expect('trades', streams, now());
    for (const stream of this.#coveredMs.keys()) {
      if (!streams.includes(stream)) this.#coveredMs.delete(stream);
    }
  }

  /** Whether it is the first time. */
  opened({ stream }: Feed): boolean {
    const { coverage, now } = this.#options;
    const isFirst = !this.#coveredMs.has(stream);
    coverage.connected(stream, now());
    if (isFirst) this.#coveredMs.set(stream, now());
    if (isFirst) return true;
    this.#reconnections += 1;
    this.#lastReconnectMs = now();
    return false;
  }

  /** What it brought is known until the last thing that came; of the silence since nothing is. */
  lost(feed: Feed, reason: string): void {
    const { coverage, now } = this.#options;
    this.#cover(feed);
    coverage.disconnected(feed.stream, feed.lastTakenMs ?? now(), reason);
  }

  gap({ stream, tokenIds }: Feed, { fromMs, toMs, reason, lost }: SocketGap): void {
    const { coverage, onGap } = this.#options;
    // What came last may still wait to be stored; the ledger ends where it was covered.
    const sinceMs = Math.min(fromMs, this.#coveredMs.get(stream) ?? fromMs);
    this.#coveredMs.set(stream, toMs);
    coverage.gap(stream, sinceMs, toMs, reason);
    if (lost !== null) coverage.dropped(stream, lost, toMs);
    onGap({ stream, fromMs: sinceMs, toMs, tokenIds: [...tokenIds] });
  }

  /** To be called now and then: what is safe by now, and what had to be dropped. */
  settle(feeds: Iterable<Feed>): void {
    this.#noteDropped();
    for (const feed of feeds) if (feed.isOpen) this.#cover(feed);
  }

  /** Nothing more comes of it; what waits in the queue still may become safe. */
  closed(feed: Brought): void {
    const { coverage, now } = this.#options;
    this.#cover(feed);
    coverage.disconnected(feed.stream, now(), 'stopped');
  }

  #noteDropped(): void {
    const { coverage, queue, onGap } = this.#options;
    for (const { stream, count, fromMs, toMs, tokenIds } of queue.takeDropped()) {
      coverage.dropped(stream, count, fromMs);
      coverage.gap(stream, fromMs, toMs, 'overflow');
      onGap({ stream, fromMs, toMs, tokenIds: [...tokenIds] });
    }
  }

  /** Whatever it brought before the oldest trade that still waits is safe, or was dropped. */
  #cover({ stream, lastTakenMs }: Brought): void {
    const { coverage, queue } = this.#options;
    if (lastTakenMs === null) return;
    this.#noteDropped();
    const untilMs = Math.min(lastTakenMs, (queue.oldestMs ?? Infinity) - 1);
    this.#coveredMs.set(stream, Math.max(untilMs, this.#coveredMs.get(stream) ?? 0));
    coverage.frame(stream, lastTakenMs);
    coverage.covered(stream, untilMs);
  }
}
