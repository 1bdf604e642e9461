/** Markets and events as Gamma writes them: JSON in strings, numbers as text beside numbers. */
import { type Market, outcomeUnits } from './market.ts';
import type { VenueEvent } from './universe.ts';
import { centsPerShare, priceText, unitsPerDollar } from './units.ts';

const asNumber = (units: number): number => units / unitsPerDollar;
const iso = (ms: number): string => new Date(ms).toISOString();
const isoDate = (ms: number): string => iso(ms).slice(0, 10);
/** `2026-11-22 10:00:00+00`: some columns come as PostgreSQL writes them. */
const spaced = (ms: number): string => `${iso(ms).slice(0, 19).replace('T', ' ')}+00`;

/** What both lists and single answers have of a market. */
export function gammaMarket(market: Market, event: VenueEvent) {
  const { resolution } = market;
  const { bid, ask } = market.book.best(0);
  const volume = volumeDollars(market);
  const liquidity = liquidityDollars(market);
  return {
    id: market.id,
    question: market.question,
    conditionId: market.conditionId,
    slug: market.slug,
    resolutionSource: '',
    endDate: iso(market.endMs),
    liquidity: String(liquidity),
    startDate: iso(market.openedMs),
    description: `Simulated: ${market.question}`,
    outcomes: JSON.stringify(market.outcomes),
    outcomePrices: JSON.stringify(outcomeUnits(market).map(priceText)),
    volume: String(volume),
    active: true,
    closed: market.isClosed,
    marketMakerAddress: '',
    createdAt: iso(market.openedMs),
    updatedAt: iso(market.updatedMs),
    ...(market.isClosed ? { closedTime: spaced(resolution.changedMs) } : {}),
    archived: market.isArchived,
    resolvedBy: '',
    restricted: true,
    groupItemTitle: market.question,
    questionID: market.questionId,
    enableOrderBook: true,
    orderPriceMinTickSize: asNumber(market.tick),
    orderMinSize: 5,
    volumeNum: volume,
    liquidityNum: liquidity,
    endDateIso: isoDate(market.endMs),
    startDateIso: isoDate(market.openedMs),
    volume24hr: volume,
    clobTokenIds: JSON.stringify(market.tokens),
    umaBond: '500',
    umaReward: '5',
    umaResolutionStatuses: JSON.stringify(resolution.history),
    // Crypto up and down markets settle without UMA, and say nothing here.
    ...(event.tag === 'Crypto' || resolution.history.length === 0
      ? {}
      : { umaResolutionStatus: resolution.status }),
    acceptingOrders: !market.isClosed,
    negRisk: event.isNegRisk,
    ...(market.negRiskMarketId === null ? {} : { negRiskMarketID: market.negRiskMarketId }),
    lastTradePrice: market.lastTrade === null ? 0 : asNumber(market.lastTrade.units),
    ...(bid === null ? {} : { bestBid: asNumber(bid) }),
    ...(ask === null ? {} : { bestAsk: asNumber(ask) }),
    spread: bid === null || ask === null ? 0 : asNumber(ask - bid),
    feeSchedule: { rate: 0.07, exponent: 1, takerOnly: true, rebateRate: 0.2 },
  };
}

/** Gamma's event; of the amounts that are text in a market these are numbers. */
export function gammaEvent(event: VenueEvent) {
  const { markets } = event;
  const volume = markets.reduce((sum, market) => sum + volumeDollars(market), 0);
  return {
    id: event.id,
    ticker: event.slug,
    slug: event.slug,
    title: event.title,
    description: `Simulated: ${event.title}`,
    startDate: iso(event.openedMs),
    creationDate: iso(event.openedMs),
    endDate: iso(event.endMs),
    active: true,
    closed: isEventClosed(event),
    archived: false,
    restricted: true,
    liquidity: markets.reduce((sum, market) => sum + liquidityDollars(market), 0),
    volume,
    openInterest: 0,
    createdAt: iso(event.openedMs),
    updatedAt: iso(Math.max(...markets.map(({ updatedMs }) => updatedMs))),
    volume24hr: volume,
    enableOrderBook: true,
    enableNegRisk: event.isNegRisk,
    negRisk: event.isNegRisk,
    negRiskAugmented: false,
    ...(event.negRiskMarketId === null ? {} : { negRiskMarketID: event.negRiskMarketId }),
    tags: [{ id: '1', label: event.tag, slug: event.tag.toLowerCase() }],
    markets: markets.map((market) => gammaMarket(market, event)),
  };
}

export const isEventClosed = ({ markets }: VenueEvent): boolean =>
  markets.every(({ isClosed }) => isClosed);

/** As if every share had cost half a dollar: nobody reads more into it. */
export const volumeDollars = ({ volumeCents }: Market): number => volumeCents / centsPerShare / 2;

export function liquidityDollars({ book }: Market): number {
  const { bids, asks } = book.levels(0);
  const cents = [...bids, ...asks].reduce((sum, level) => sum + level.cents, 0);
  return cents / centsPerShare / 2;
}
