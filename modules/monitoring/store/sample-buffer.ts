import type { StoredSample } from '../store.ts';

/** Some hours at the normal rate, half an hour under stress; about 10 MB. */
const samplesMaxDefault = 2000;

/** Samples that are not stored yet, oldest first. Where there is no room, the oldest goes. */
export class SampleBuffer {
  readonly #samplesMax: number;
  #samples: StoredSample[] = [];
  #stored = 0;
  #dropped = 0;

  constructor(samplesMax = samplesMaxDefault) {
    this.#samplesMax = samplesMax;
  }

  get counts(): { readonly stored: number; readonly dropped: number } {
    return { stored: this.#stored, dropped: this.#dropped };
  }

  get size(): number {
    return this.#samples.length;
  }

  add(sample: StoredSample): void {
    this.#samples.push(sample);
    if (this.#samples.length <= this.#samplesMax) return;
    this.#samples.shift();
    this.#dropped += 1;
  }

  /** As they are now. */
  all(): readonly StoredSample[] {
    return [...this.#samples];
  }

  /** These are stored; those of them that had to go meanwhile are not lost then. */
  stored(samples: readonly StoredSample[]): void {
    const gone = this.#remove(samples);
    this.#stored += samples.length;
    this.#dropped -= samples.length - gone;
  }

  /** Nothing can store these. */
  drop(samples: readonly StoredSample[]): void {
    this.#dropped += this.#remove(samples);
  }

  #remove(samples: readonly StoredSample[]): number {
    const before = this.#samples.length;
    const removed = new Set(samples);
    this.#samples = this.#samples.filter((sample) => !removed.has(sample));
    return before - this.#samples.length;
  }
}

/** What is stored and what waits, each moment once, oldest first. */
export function withBuffered(
  stored: readonly StoredSample[],
  buffered: readonly StoredSample[],
  span: { readonly afterMs: number; readonly untilMs: number; readonly limit: number },
): StoredSample[] {
  const byTime = new Map<number, StoredSample>();
  for (const one of [...stored, ...buffered]) {
    const { atMs } = one.sample;
    const isAsked = atMs > span.afterMs && atMs <= span.untilMs;
    if (isAsked && !byTime.has(atMs)) byTime.set(atMs, one);
  }
  return [...byTime.values()]
    .sort((one, other) => one.sample.atMs - other.sample.atMs)
    .slice(0, span.limit);
}
