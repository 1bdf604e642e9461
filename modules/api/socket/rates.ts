import { type Clock, realClock } from '../clock.ts';

/** At most so many within so long, wherever the interval begins. */
export interface Rate {
  readonly max: number;
  readonly perMs: number;
}

/**
 * Counts against one or more rates, such as the attempts to connect that a venue allows to an
 * address: give one `RateLimit` to every socket that is counted together by the venue.
 */
export class RateLimit {
  readonly #rates: readonly Rate[];
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  /** When the last ones were, oldest first; no more than the largest rate asks for. */
  readonly #times: number[] = [];
  readonly #kept: number;

  constructor(rates: readonly Rate[], clock: Pick<Clock, 'monotonicMs'> = realClock) {
    this.#rates = rates;
    this.#clock = clock;
    this.#kept = Math.max(0, ...rates.map(({ max }) => max));
  }

  /** How long until one more is allowed, in milliseconds; 0 when it is. */
  get delayMs(): number {
    return rateDelay(this.#times, this.#rates, this.#clock.monotonicMs());
  }

  /** One more, allowed or not. */
  count(): void {
    this.#times.push(this.#clock.monotonicMs());
    if (this.#times.length > this.#kept) this.#times.shift();
  }
}

/** @param times when the last ones were, oldest first; a rate's `max` at least, where there were */
export function rateDelay(times: readonly number[], rates: readonly Rate[], nowMs: number): number {
  const delays = rates.map(({ max, perMs }) => {
    const earliest = times.at(-max);
    return earliest === undefined || times.length < max ? 0 : earliest + perMs - nowMs;
  });
  return Math.max(0, ...delays);
}
