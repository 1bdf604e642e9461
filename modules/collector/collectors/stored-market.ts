import type { Market } from '../rows.ts';
import type { VenueMarket } from '../venue/market.ts';

/** What is kept of a market. */
export function storedMarket(market: VenueMarket): Market {
  const { conditionId, question, slug, marketType, outcomes, tokenIds } = market;
  const { active, closed, endDateIso, volume24h } = market;
  return {
    ...{ conditionId, question, slug, marketType, outcomes, tokenIds },
    ...{ active, closed, endDateIso, volume24h },
  };
}
