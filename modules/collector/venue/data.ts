/** Trades and resolutions, from the Data API. Source: https://data-api.polymarket.com/v2/openapi.json */
import { type OfficialResolution, parseOfficialResolution } from './official-resolution.ts';
import { dataPage, type Page } from './page.ts';
import type { Rows } from './parsed.ts';
import type { VenueRequests } from './requests.ts';
import { parseTrade, type VenueTrade } from './trade.ts';

/** More conditions in one request are refused. */
export const conditionsMax = 20;
const tradesMax = 1000;
/** The smallest part of a share. Left out, or 0, it would be a hundredth. */
const sizeMin = '0.000001';

export interface TradesQuestion {
  /** At most `conditionsMax`; none at all asks for the trades of every market. */
  readonly conditionIds: readonly string[];
  /** Of the page before; all else must be the same as it was then. */
  readonly cursor: string | null;
  /** Of the first page, up to 1000, which is the default. */
  readonly limit?: number;
}

export class DataApi {
  readonly #requests: VenueRequests;
  readonly #base: string;

  constructor(requests: VenueRequests, base: string) {
    this.#requests = requests;
    this.#base = base;
  }

  /** Newest first, each trade once and on its taker's side, the smallest ones too. */
  async trades(
    { conditionIds, cursor, limit = tradesMax }: TradesQuestion,
    signal: AbortSignal,
  ): Promise<Page<VenueTrade>> {
    const query = {
      condition: conditionIds.length === 0 ? null : conditionIds.join(','),
      filter_type: 'TOKENS',
      filter_amount: sizeMin,
      limit,
      cursor,
    };
    const path = '/v2/trades';
    const question = { endpoint: 'data_trades', base: this.#base, path, query } as const;
    return dataPage(await this.#requests.ask(question, signal), parseTrade);
  }

  /** Of at most `conditionsMax` markets; those that it knows nothing of are missing. */
  async resolutions(
    conditionIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Rows<OfficialResolution>> {
    const query = { condition: conditionIds.join(',') };
    const path = '/v2/resolutions';
    const question = { endpoint: 'data_resolutions', base: this.#base, path, query } as const;
    return dataPage(await this.#requests.ask(question, signal), parseOfficialResolution);
  }
}
