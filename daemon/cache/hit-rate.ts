/** Whether the cache is of use: counts of all requests, and a judgement of the latest ones. */

/** So many requests are judged together. */
export const roundLength = 1000;
/** What the operator's guide asks for. */
export const hitRateTarget = 0.7;
/** A single poor round is a cache that fills. */
const poorRoundsMax = 1;

export interface Verdict {
  readonly kind: 'low' | 'recovered';
  /** Of the last round. */
  readonly rate: number;
}

export class HitRate {
  #hits = 0;
  #misses = 0;
  #roundHits = 0;
  #roundMisses = 0;
  #poorRounds = 0;

  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  /** Of all requests; 0 before the first. */
  get rate(): number {
    return this.#hits / Math.max(1, this.#hits + this.#misses);
  }

  /** A verdict once when the rate has become low, and once when it is well again. */
  count(isHit: boolean): Verdict | null {
    this.#hits += isHit ? 1 : 0;
    this.#misses += isHit ? 0 : 1;
    this.#roundHits += isHit ? 1 : 0;
    this.#roundMisses += isHit ? 0 : 1;
    if (this.#roundHits + this.#roundMisses < roundLength) return null;
    const rate = this.#roundHits / roundLength;
    this.#roundHits = 0;
    this.#roundMisses = 0;
    return this.#judge(rate);
  }

  #judge(rate: number): Verdict | null {
    const wasLow = this.#poorRounds > poorRoundsMax;
    this.#poorRounds = rate < hitRateTarget ? this.#poorRounds + 1 : 0;
    const isLow = this.#poorRounds > poorRoundsMax;
    if (isLow === wasLow) return null;
    return { kind: isLow ? 'low' : 'recovered', rate };
  }
}
