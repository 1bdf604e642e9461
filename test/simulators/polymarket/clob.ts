import type { Side } from './book.ts';
import type { Faults } from './faults.ts';
import { bookSummary, lastTradePrice } from './frames.ts';
import { type Market, outcomeUnits } from './market.ts';
import { ok, refused, type Reply, type VenueRequest } from './reply.ts';
import type { Universe } from './universe.ts';
import { priceText, unitsPerDollar } from './units.ts';

interface Token {
  readonly market: Market;
  readonly outcome: number;
}

const itemsMax = 500;
const listPage = 1000;
const firstCursor = 'MA==';
const lastCursor = 'LTE=';
const noBook = refused(404, 'No orderbook exists for the requested token id');
const invalidPayload = refused(400, 'Invalid payload');

/** The market data of the CLOB: https://clob.polymarket.com. Every number in it is text. */
export function answerClob(universe: Universe, faults: Faults, request: VenueRequest): Reply {
  const { path, query, nowMs, method } = request;
  const token = tokenWithBook(universe, query.get('token_id') ?? '', nowMs);
  const ofToken = (shown: (token: Token) => object): Reply =>
    token === null ? noBook : ok(shown(token));
  if (method === 'POST') return answerMany(universe, faults, request);
  switch (path) {
    case '/ok':
      return ok('OK');
    case '/time':
      return ok(Math.floor(nowMs / 1000));
    case '/book':
      return ofToken(({ market, outcome }) => bookSummary(market, outcome));
    case '/price': {
      const side = query.get('side');
      if (side !== 'BUY' && side !== 'SELL') return refused(400, 'Invalid side');
      return ofToken((found) => ({ price: priceOf(found, side) }));
    }
    case '/midpoint':
      return ofToken((found) => ({ mid: midpointOf(found) }));
    case '/spread':
      return ofToken((found) => ({ spread: spreadOf(found) }));
    case '/last-trade-price':
      return ofToken(lastTradeOf);
    case '/tick-size':
      return ofToken(({ market }) => ({ minimum_tick_size: market.tick / unitsPerDollar }));
    case '/neg-risk':
      return ofToken(({ market }) => ({ neg_risk: market.negRiskMarketId !== null }));
    case '/markets':
      return list(universe, query.get('next_cursor') ?? firstCursor, nowMs);
  }
  const market = /^\/markets\/(0x[0-9a-f]{64})$/.exec(path);
  const found = market ? universe.byCondition(market[1]!) : undefined;
  if (found && found.knownToClobMs <= nowMs) return ok(clobMarket(found));
  return refused(404, market ? 'market not found' : 'not found');
}

/** Tokens without a book are simply missing in the answer. */
function answerMany(
  universe: Universe,
  faults: Faults,
  { path, body, nowMs }: VenueRequest,
): Reply {
  if (!Array.isArray(body)) return invalidPayload;
  if (body.length > itemsMax) return refused(400, 'Payload exceeds the limit');
  const asked = body as readonly { readonly token_id?: unknown; readonly side?: unknown }[];
  const found = asked.flatMap((item) => {
    const token = tokenWithBook(universe, String(item.token_id), nowMs);
    return token === null ? [] : [{ token, id: String(item.token_id), side: item.side }];
  });
  const byId = (shown: (token: Token) => string) =>
    ok(Object.fromEntries(found.map(({ id, token }) => [id, shown(token)])));
  switch (path) {
    case '/books': {
      const kept = found.filter(() => faults.strikes('omit') === null);
      const ordered = faults.has('disorder') ? kept.reverse() : kept;
      return ok(ordered.map(({ token }) => bookSummary(token.market, token.outcome)));
    }
    case '/prices': {
      const prices: Record<string, Partial<Record<Side, string>>> = {};
      for (const { id, token, side } of found) {
        // Without a side the venue answers SELL only.
        const wanted = side === 'BUY' ? 'BUY' : 'SELL';
        prices[id] = { ...prices[id], [wanted]: priceOf(token, wanted) };
      }
      return ok(prices);
    }
    case '/midpoints':
      return byId(midpointOf);
    case '/spreads':
      return byId(spreadOf);
    case '/last-trades-prices':
      return ok(found.map(({ id, token }) => ({ token_id: id, ...lastTradeOf(token) })));
    default:
      return refused(404, 'not found');
  }
}

function tokenWithBook(universe: Universe, id: string, nowMs: number): Token | null {
  const token = universe.byToken(id);
  if (!token || token.market.isClosed || token.market.knownToClobMs > nowMs) return null;
  return token;
}

/** BUY is what a buyer pays, the best ask: what the documentation's example shows. */
function priceOf({ market, outcome }: Token, side: Side): string {
  const { bid, ask } = market.book.best(outcome);
  return priceText((side === 'BUY' ? ask : bid) ?? 0);
}

function midpointOf({ market, outcome }: Token): string {
  const { bid, ask } = market.book.best(outcome);
  return priceText(((bid ?? 0) + (ask ?? unitsPerDollar)) / 2);
}

function spreadOf({ market, outcome }: Token): string {
  const { bid, ask } = market.book.best(outcome);
  return priceText((ask ?? unitsPerDollar) - (bid ?? 0));
}

/** A side of "" says that nothing was traded yet. */
function lastTradeOf({ market, outcome }: Token) {
  const price = lastTradePrice(market, outcome);
  return price === '' ? { price: '0.5', side: '' } : { price, side: market.lastTrade?.side ?? '' };
}

function list(universe: Universe, cursor: string, nowMs: number): Reply {
  const from = Number(Buffer.from(cursor, 'base64').toString());
  if (!Number.isInteger(from) || from < 0) {
    return refused(400, 'next item should be greater than or equal to 0');
  }
  const known = universe.markets.filter(({ knownToClobMs }) => knownToClobMs <= nowMs);
  const data = known.slice(from, from + listPage).map(clobMarket);
  const next = from + listPage;
  const nextCursor =
    next < known.length ? Buffer.from(String(next)).toString('base64') : lastCursor;
  return ok({ data, next_cursor: nextCursor, limit: listPage, count: data.length });
}

function clobMarket(market: Market) {
  const { winner, status } = market.resolution;
  const prices = outcomeUnits(market);
  return {
    enable_order_book: true,
    active: true,
    closed: market.isClosed,
    archived: market.isArchived,
    accepting_orders: !market.isClosed,
    minimum_order_size: 5,
    minimum_tick_size: market.tick / unitsPerDollar,
    condition_id: market.conditionId,
    question_id: market.questionId,
    question: market.question,
    market_slug: market.slug,
    end_date_iso: new Date(market.endMs).toISOString(),
    neg_risk: market.negRiskMarketId !== null,
    neg_risk_market_id: market.negRiskMarketId ?? '',
    is_50_50_outcome: winner === 'split',
    tokens: market.tokens.map((token_id, outcome) => ({
      token_id,
      outcome: market.outcomes[outcome],
      price: prices[outcome]! / unitsPerDollar,
      winner: status === 'resolved' && winner === outcome,
    })),
  };
}
