/**
 * How often the venue may be asked. Its own limits are sliding windows of 10 s at its CDN, where what
 * is too much is first delayed and then refused; we stay at about half, since others behind the same
 * address ask as well. Source: https://docs.polymarket.com/quickstart/introduction/rate-limits
 */
export type Service = 'gamma' | 'clob' | 'data';

export type Endpoint =
  | 'gamma_events'
  | 'gamma_markets'
  | 'clob_books'
  | 'clob_markets'
  | 'data_trades'
  | 'data_resolutions';

export interface Limit {
  readonly service: Service;
  /** What the venue allows in any 10 s. */
  readonly published: number;
}

export const venueLimits: Readonly<Record<Endpoint, Limit>> = {
  gamma_events: { service: 'gamma', published: 500 },
  gamma_markets: { service: 'gamma', published: 300 },
  clob_books: { service: 'clob', published: 500 },
  // None is published for this and the last one: as strict as the strictest of their hosts.
  clob_markets: { service: 'clob', published: 500 },
  data_trades: { service: 'data', published: 200 },
  data_resolutions: { service: 'data', published: 150 },
};

const steadyShare = 0.5;
const burstShare = 0.1;
export const windowMs = 10_000;

/** In any window at most what was saved up and what came in meanwhile: 60 % of what is published. */
export function rateOf({ published }: Limit): Rate {
  return {
    burst: Math.max(1, Math.floor(published * burstShare)),
    perMs: (published * steadyShare) / windowMs,
  };
}

export interface Rate {
  /** How many may go at once when none has gone for a while. */
  readonly burst: number;
  readonly perMs: number;
}
