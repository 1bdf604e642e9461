import { type Clock, pause } from '../../api/clock.ts';
import { VenueError } from './error.ts';
import { type Endpoint, type Limit, rateOf, type Service, venueLimits } from './limits.ts';
import { type Bucket, draw, fullBucket, heldUntil } from './token-bucket.ts';

/** Longer than this nobody waits within a cycle: it fails, and a later one comes anyway. */
const waitMsMax = 60_000;

/** One for all collectors: the venue counts them together. */
export class RateLimiter {
  readonly #clock: Clock;
  readonly #limits: Readonly<Record<Endpoint, Limit>>;
  readonly #buckets = new Map<Endpoint, Bucket>();
  #waitedMs = 0;

  constructor(clock: Clock, limits = venueLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** In milliseconds, of all requests together. */
  get waitedMs(): number {
    return Math.round(this.#waitedMs);
  }

  /**
   * Resolves when a request may go. Rejects with a VenueError when that is too far off, and with the
   * signal's reason.
   */
  async turn(endpoint: Endpoint, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { bucket, waitMs } = this.#draw(endpoint);
    if (waitMs > waitMsMax)
      throw new VenueError(
        `cannot ask the venue for ${endpoint}: its limits leave no room for ${(waitMs / 1000).toFixed(1)} s`,
        { kind: 'held', retryAfterMs: waitMs },
      );
    this.#buckets.set(endpoint, bucket);
    if (waitMs <= 0) return;
    this.#waitedMs += waitMs;
    await pause(this.#clock, waitMs, signal);
  }

  /** Counts a request that has gone already: the next ones wait the longer. */
  charge(endpoint: Endpoint): void {
    this.#buckets.set(endpoint, this.#draw(endpoint).bucket);
  }

  /** What `Retry-After` asks for, of everything at that host. */
  hold(service: Service, forMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    for (const endpoint of Object.keys(this.#limits) as Endpoint[])
      if (this.#limits[endpoint].service === service)
        this.#buckets.set(endpoint, heldUntil(this.#bucket(endpoint, nowMs), nowMs + forMs));
  }

  #draw(endpoint: Endpoint) {
    const nowMs = this.#clock.monotonicMs();
    return draw(rateOf(this.#limits[endpoint]), this.#bucket(endpoint, nowMs), nowMs);
  }

  #bucket(endpoint: Endpoint, nowMs: number): Bucket {
    return this.#buckets.get(endpoint) ?? fullBucket(rateOf(this.#limits[endpoint]), nowMs);
  }
}
