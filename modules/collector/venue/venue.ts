/** What the collectors know of Polymarket over HTTP: its three services, asked within their limits. */
import type { Clock } from '../../api/clock.ts';
import type { HttpClient } from '../../api/http.ts';
import { Clob } from './clob.ts';
import { DataApi } from './data.ts';
import { Gamma } from './gamma.ts';
import { RateLimiter } from './rate-limiter.ts';
import { VenueRequests } from './requests.ts';

export interface VenueOptions {
  /** With its own retries; the caller closes it. */
  readonly http: HttpClient;
  /** The addresses of the services; what paths they have are kept. */
  readonly urls: { readonly gamma: string; readonly clob: string; readonly data: string };
  readonly clock: Clock;
}

export interface Venue {
  readonly gamma: Gamma;
  readonly clob: Clob;
  readonly data: DataApi;
  readonly limiter: RateLimiter;
}

/** One for all collectors of a process: they share the limits. */
export function openVenue({ http, urls, clock }: VenueOptions): Venue {
  const limiter = new RateLimiter(clock);
  const requests = new VenueRequests(http, limiter);
  return {
    gamma: new Gamma(requests, urls.gamma),
    clob: new Clob(requests, urls.clob),
    data: new DataApi(requests, urls.data),
    limiter,
  };
}
