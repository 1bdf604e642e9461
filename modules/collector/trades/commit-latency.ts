import { createHistogram, type RecordableHistogram } from 'node:perf_hooks';
import type { Queued } from './trade-queue.ts';

/** Milliseconds. A type, so that it counts as JSON. */
export type LatencyMs = Readonly<Record<'p50' | 'p99' | 'max', number>>;

const partMs = 10_000;
const minuteMs = 60_000;

/** How long trades took from their frame until they were safe: of the last minute, to 10 s. */
export class CommitLatency {
  readonly #now: () => number;
  #parts: { readonly beganMs: number; readonly tookMs: RecordableHistogram }[] = [];

  /** @param now of a clock that never steps */
  constructor(now: () => number) {
    this.#now = now;
  }

  stored(trades: readonly Pick<Queued, 'receivedAtMs'>[], atMs: number): void {
    const nowMs = this.#now();
    let last = this.#parts.at(-1);
    if (last === undefined || nowMs - last.beganMs >= partMs) {
      last = { beganMs: nowMs, tookMs: createHistogram() };
      this.#parts = [...this.#recent(nowMs), last];
    }
    // The wall clock may step back between the two.
    for (const { receivedAtMs } of trades) {
      last.tookMs.record(Math.max(1, Math.round(atMs - receivedAtMs)));
    }
  }

  /** Null when nothing was stored. */
  lastMinute(): LatencyMs | null {
    const all = createHistogram();
    for (const { tookMs } of this.#recent(this.#now())) all.add(tookMs);
    if (all.count === 0) return null;
    return { p50: all.percentile(50), p99: all.percentile(99), max: all.max };
  }

  #recent(nowMs: number) {
    return this.#parts.filter(({ beganMs }) => nowMs - beganMs < minuteMs);
  }
}
