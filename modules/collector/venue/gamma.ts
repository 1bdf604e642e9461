/** Events and markets, from Gamma. Source: https://docs.polymarket.com/developers/gamma-markets-api */
import { listOf } from './list.ts';
import { parseMarket, type VenueMarket } from './market.ts';
import { keysetPage, type Page } from './page.ts';
import { fieldsOf, parseEach, rawText, type Rows } from './parsed.ts';
import type { Question, VenueRequests } from './requests.ts';

export interface MarketList {
  /** What has not ended, or what has: the venue gives them apart. */
  readonly closed: boolean;
  /** A field's name as the venue writes it; one that it does not know it ignores without a word. */
  readonly order: 'volume' | 'updatedAt' | 'id';
  readonly ascending: boolean;
  readonly pageSize: number;
}

export class Gamma {
  readonly #requests: VenueRequests;
  readonly #base: string;

  constructor(requests: VenueRequests, base: string) {
    this.#requests = requests;
    this.#base = base;
  }

  /** The markets of a page of events: those of one event come together, open and closed ones. */
  async eventMarkets(
    list: MarketList,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<Page<VenueMarket>> {
    const answer = await this.#requests.ask(this.#question('events', list, cursor), signal);
    return keysetPage(answer, 'events', marketsOfEvent);
  }

  async markets(
    list: MarketList,
    cursor: string | null,
    signal: AbortSignal,
  ): Promise<Page<VenueMarket>> {
    const answer = await this.#requests.ask(this.#question('markets', list, cursor), signal);
    return keysetPage(answer, 'markets', (item) => parseEach([item], parseMarket));
  }

  #question(kind: 'events' | 'markets', list: MarketList, cursor: string | null): Question {
    const { closed, order, ascending, pageSize } = list;
    return {
      endpoint: `gamma_${kind}`,
      base: this.#base,
      path: `/${kind}/keyset`,
      query: { closed, order, ascending, limit: pageSize, after_cursor: cursor },
    };
  }
}

function marketsOfEvent(event: unknown): Rows<VenueMarket> {
  const fields = fieldsOf(event);
  const markets = fields === null ? null : listOf(fields['markets']);
  if (markets !== null) return parseEach(markets, parseMarket);
  return {
    rows: [],
    garbage: [{ reason: 'an event has no list of markets', raw: rawText(event) }],
  };
}
