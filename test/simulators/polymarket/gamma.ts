import {
  gammaEvent,
  gammaMarket,
  isEventClosed,
  liquidityDollars,
  volumeDollars,
} from './gamma-shapes.ts';
import type { Market } from './market.ts';
import {
  decodeCursor,
  encodeCursor,
  listed,
  ok,
  refused,
  type Reply,
  type VenueRequest,
  wholeNumber,
} from './reply.ts';
import type { Universe, VenueEvent } from './universe.ts';

const offsetMax = 2000;
const oldPageMax = 500;
const keysetPageMax = { markets: 100, events: 500 };
const conditionsMax = 100;

interface Item {
  readonly id: string;
  readonly openedMs: number;
  readonly endMs: number;
}

/** The orders that the venue knows; it wants the camelCase names of the JSON. */
const marketOrders: Readonly<Record<string, (market: Market) => number>> = {
  id: ({ id }) => Number(id),
  volumeNum: volumeDollars,
  volume24hr: volumeDollars,
  liquidityNum: liquidityDollars,
  startDate: ({ openedMs }) => openedMs,
  createdAt: ({ openedMs }) => openedMs,
  updatedAt: ({ updatedMs }) => updatedMs,
  endDate: ({ endMs }) => endMs,
};
const eventOrders: Readonly<Record<string, (event: VenueEvent) => number>> = {
  id: ({ id }) => Number(id),
  volume: ({ markets }) => markets.reduce((sum, market) => sum + volumeDollars(market), 0),
  volume24hr: ({ markets }) => markets.reduce((sum, market) => sum + volumeDollars(market), 0),
  startDate: ({ openedMs }) => openedMs,
  createdAt: ({ openedMs }) => openedMs,
  updatedAt: ({ markets }) => Math.max(...markets.map(({ updatedMs }) => updatedMs)),
  endDate: ({ endMs }) => endMs,
};

/** Gamma: https://gamma-api.polymarket.com, the lists by keyset and by offset, and single ones. */
export function answerGamma(universe: Universe, request: VenueRequest): Reply {
  const { path, query } = request;
  const shownMarket = (market: Market) => gammaMarket(market, universe.eventOf(market));
  const markets = () => universe.markets.filter((market) => isWantedMarket(market, query));
  const events = () => universe.events.filter((event) => isWantedEvent(event, query));
  switch (path) {
    case '/markets/keyset':
      return keyset('markets', markets, marketOrders, shownMarket, query);
    case '/events/keyset':
      return keyset('events', events, eventOrders, gammaEvent, query);
    case '/markets':
      return byOffset('markets', markets, marketOrders, shownMarket, query);
    case '/events':
      return byOffset('events', events, eventOrders, gammaEvent, query);
  }
  const [, kind, by, slug] = path.split('/');
  const isNamed = ({ id, slug: own }: { id: string; slug: string }) =>
    slug === undefined ? id === by : by === 'slug' && own === slug;
  const market = kind === 'markets' ? universe.markets.find(isNamed) : undefined;
  const event = kind === 'events' ? universe.events.find(isNamed) : undefined;
  if (market) return ok(shownMarket(market));
  return event ? ok(gammaEvent(event)) : invalid(404, 'id not found');
}

function keyset<T extends Item>(
  kind: 'markets' | 'events',
  wanted: () => T[],
  orders: Readonly<Record<string, (item: T) => number>>,
  shown: (item: T) => object,
  query: URLSearchParams,
): Reply {
  if (query.has('offset')) return invalid(422, 'offset is not supported, use after_cursor');
  const pageMax = keysetPageMax[kind];
  const limit = wholeNumber(query, 'limit', { fallback: 20, min: 1, max: pageMax });
  if (limit === null) return invalid(422, `limit must be from 1 to ${pageMax}`);
  const order = orderOf(orders, query);
  if (order === null) return invalid(422, 'order fields are not valid');
  if (isTooMany(query)) return invalid(422, 'too many condition ids');

  // `cursor` instead of `after_cursor` is ignored without a word, as by the venue.
  const after = query.get('after_cursor');
  const cursor = after === null ? null : decodeCursor(after);
  if (after !== null && cursor === null) return invalid(422, 'after_cursor is not valid');
  const sorted = wanted().sort(order.compare);
  const position = { key: Number(cursor?.['key']), id: Number(cursor?.['id']) };
  const from = cursor === null ? 0 : sorted.findIndex((item) => order.isAfter(item, position));
  const page = from < 0 ? [] : sorted.slice(from, from + limit);
  const last = page.at(-1);
  const hasMore = last !== undefined && from + limit < sorted.length;
  return ok({
    [kind]: page.map(shown),
    ...(hasMore
      ? { next_cursor: encodeCursor({ key: order.key(last), id: Number(last.id) }) }
      : {}),
  });
}

function byOffset<T extends Item>(
  kind: 'markets' | 'events',
  wanted: () => T[],
  orders: Readonly<Record<string, (item: T) => number>>,
  shown: (item: T) => object,
  query: URLSearchParams,
): Reply {
  const offset = wholeNumber(query, 'offset', { fallback: 0, min: 0, max: offsetMax });
  if (offset === null) {
    return invalid(422, `offset too large, use /${kind}/keyset for deeper pagination`);
  }
  const limit = wholeNumber(query, 'limit', { fallback: 20, min: 0, max: Number.MAX_SAFE_INTEGER });
  const order = orderOf(orders, query);
  if (limit === null || order === null) return invalid(422, 'order fields are not valid');
  const page = wanted()
    .sort(order.compare)
    .slice(offset, offset + Math.min(limit, oldPageMax));
  return ok(page.map(shown));
}

function orderOf<T extends Item>(
  orders: Readonly<Record<string, (item: T) => number>>,
  query: URLSearchParams,
) {
  const name = query.get('order') ?? 'id';
  const key = Object.hasOwn(orders, name) ? orders[name] : undefined;
  if (key === undefined) return null;
  const sign = query.get('ascending') === 'false' ? -1 : 1;
  const compare = (a: { key: number; id: number }, b: { key: number; id: number }) =>
    sign * (a.key - b.key || a.id - b.id);
  const positionOf = (item: T) => ({ key: key(item), id: Number(item.id) });
  return {
    key,
    compare: (a: T, b: T) => compare(positionOf(a), positionOf(b)),
    isAfter: (item: T, position: { key: number; id: number }) =>
      compare(positionOf(item), position) > 0,
  };
}

function isWantedMarket(market: Market, query: URLSearchParams): boolean {
  if (market.isArchived) return false;
  // Since April 2026 closed ones are left out unless they are asked for.
  if (market.isClosed !== (query.get('closed') === 'true')) return false;
  const isAmong = (name: string, ...values: readonly string[]) => {
    const wanted = listed(query, name);
    return wanted.length === 0 || values.some((value) => wanted.includes(value));
  };
  return (
    isAmong('ids', market.id) &&
    isAmong('id', market.id) &&
    isAmong('slug', market.slug) &&
    isAmong('condition_ids', market.conditionId) &&
    isAmong('question_ids', market.questionId) &&
    isAmong('clob_token_ids', ...market.tokens) &&
    isAmong('uma_resolution_status', market.resolution.status) &&
    isWithin(query, 'volume_num', volumeDollars(market)) &&
    isWithin(query, 'liquidity_num', liquidityDollars(market)) &&
    areDatesWithin(query, market)
  );
}

function isWantedEvent(event: VenueEvent, query: URLSearchParams): boolean {
  if (isEventClosed(event) !== (query.get('closed') === 'true')) return false;
  const ids = listed(query, 'ids', 'id');
  const slugs = listed(query, 'slug');
  return (
    (ids.length === 0 || ids.includes(event.id)) &&
    (slugs.length === 0 || slugs.includes(event.slug)) &&
    areDatesWithin(query, event)
  );
}

function areDatesWithin(query: URLSearchParams, { openedMs, endMs }: Item): boolean {
  return isWithin(query, 'start_date', openedMs) && isWithin(query, 'end_date', endMs);
}

function isWithin(query: URLSearchParams, name: string, value: number): boolean {
  const bound = (end: 'min' | 'max'): number | null => {
    const text = query.get(`${name}_${end}`);
    if (text === null) return null;
    return name.endsWith('date') ? Date.parse(text) : Number(text);
  };
  const [min, max] = [bound('min'), bound('max')];
  return (min === null || value >= min) && (max === null || value <= max);
}

const isTooMany = (query: URLSearchParams) => listed(query, 'condition_ids').length > conditionsMax;

const invalid = (status: number, error: string): Reply => ({
  ...refused(status, error),
  body: { type: status === 404 ? 'not found error' : 'validation error', error },
});
