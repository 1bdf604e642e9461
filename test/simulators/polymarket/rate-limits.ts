import type { Area } from './faults.ts';

const windowMs = 10_000;
/** How long a request is held back at most before it is turned away. */
const heldMsMax = 5000;

/** Requests per 10 s, as the venue publishes them; the first that fits counts beside the area's. */
const limits: readonly { readonly area: Area; readonly path: RegExp; readonly count: number }[] = [
  { area: 'gamma', path: /^\/events/, count: 500 },
  { area: 'gamma', path: /^\/markets/, count: 300 },
  { area: 'gamma', path: /^\//, count: 4000 },
  { area: 'clob', path: /^\/(books|prices|midpoints)$/, count: 500 },
  { area: 'clob', path: /^\/(book|price|midpoint)$/, count: 1500 },
  { area: 'clob', path: /^\//, count: 9000 },
  { area: 'data', path: /\/trades$/, count: 200 },
  { area: 'data', path: /^\//, count: 1000 },
];

/** The sliding windows of the venue's CDN: what is over the limit waits, what waits too long is a 429. */
export class RateLimits {
  readonly #taken = limits.map((): number[] => []);

  /** How long to hold the request back, counted as answered then; null: turn it away. */
  delayMs(area: Area, path: string, nowMs: number): number | null {
    const index = limits.findIndex((limit) => limit.area === area && limit.path.test(path));
    const limit = limits[index];
    const taken = this.#taken[index];
    if (!limit || !taken) return 0;
    while (taken.length > 0 && taken[0]! <= nowMs - windowMs) taken.shift();
    const atMs = taken.length < limit.count ? nowMs : taken[taken.length - limit.count]! + windowMs;
    if (atMs - nowMs > heldMsMax) return null;
    taken.push(Math.max(atMs, nowMs));
    return Math.max(0, atMs - nowMs);
  }
}
