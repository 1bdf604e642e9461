import { createHash } from 'node:crypto';
import {
  decodeCursor,
  encodeCursor,
  listed,
  ok,
  type Reply,
  type VenueRequest,
  wholeNumber,
} from './reply.ts';
import { blockMsOf, type LedgerTrade, type TradeLedger } from './trade-ledger.ts';
import type { Universe } from './universe.ts';
import { centsPerShare, unitsPerDollar } from './units.ts';

/** What both versions of the list are made from. */
export interface TradeSource {
  readonly universe: Universe;
  readonly ledger: TradeLedger;
  /** How far the list is behind the blocks, as the venue's CDN may keep it. */
  readonly lagMs: number;
}

/** A row: one fill of the taker, or of the maker on the other side of it. */
interface Row {
  readonly trade: LedgerTrade;
  readonly role: 'taker' | 'maker';
}

const v2 = { limit: 100, limitMax: 1000 };
const v1 = { limit: 100, limitMax: 500, offsetMax: 1000 };
const conditionsMax = 20;
const dustShares = 0.01;

/** `GET /v2/trades`: newest first, by cursor only. */
export function answerTradesV2(source: TradeSource, request: VenueRequest): Reply {
  const { query } = request;
  if (query.has('offset')) return invalid('offset', 'offset is not supported, follow next_cursor');
  if (query.has('user')) return invalid('user', 'this simulator has no lists by user');
  const limitGiven = wholeNumber(query, 'limit', { fallback: v2.limit, min: 0, max: v2.limitMax });
  if (limitGiven === null) return invalid('limit', `limit must be from 0 to ${v2.limitMax}`);
  const cursorText = query.get('cursor');
  const cursor = cursorText === null ? null : decodeCursor(cursorText);
  if (cursorText !== null && typeof cursor?.['below'] !== 'number') {
    return invalid('cursor', 'invalid cursor');
  }
  const markets = marketsOf(source.universe, query);
  if ('problem' in markets) return invalid('condition', markets.problem);

  const limit = Number(cursor?.['limit'] ?? limitGiven) || v2.limit;
  const offset = Number(cursor?.['offset'] ?? 0);
  const withMakers = (query.get('taker_only') ?? query.get('takerOnly')) === 'false';
  const rows = newestFirst(source, request.nowMs, {
    markets: markets.numbers,
    below: Number(cursor?.['below'] ?? Infinity),
    withMakers,
    wanted: filterOf(query),
  });
  const page: Row[] = [];
  let hasMore = false;
  for (const row of rows) {
    if (page.length === limit) {
      hasMore = true;
      break;
    }
    page.push(row);
  }
  const last = page.at(-1);
  return ok({
    data: page.map((row) => rowV2(source.universe, row)),
    pagination: {
      limit,
      offset,
      has_more: hasMore,
      next_cursor:
        hasMore && last
          ? encodeCursor({ below: placeOf(last), limit, offset: offset + page.length })
          : null,
    },
  });
}

/** `GET /trades`, version 1: a bare list by offset. */
export function answerTradesV1(source: TradeSource, { query, nowMs }: VenueRequest): Reply {
  const limit = wholeNumber(query, 'limit', { fallback: v1.limit, min: 0, max: v1.limitMax });
  const offset = wholeNumber(query, 'offset', { fallback: 0, min: 0, max: v1.offsetMax });
  if (limit === null || offset === null) {
    return { status: 400, body: { error: 'max historical activity offset or limit exceeded' } };
  }
  const numbers = listed(query, 'market').flatMap(
    (id) => source.universe.byCondition(id)?.number ?? [],
  );
  const rows = newestFirst(source, nowMs, {
    markets: query.has('market') ? numbers : null,
    below: Infinity,
    withMakers: query.get('takerOnly') === 'false',
    wanted: filterOf(query),
  });
  const page: object[] = [];
  let position = 0;
  for (const row of rows) {
    if (position++ < offset) continue;
    if (page.length === limit) break;
    const { token_id, condition_id, transaction_hash, ...shown } = rowV2(source.universe, row);
    page.push({
      proxyWallet: shown.proxy_wallet,
      side: shown.side,
      asset: token_id,
      conditionId: condition_id,
      size: shown.size,
      price: shown.price,
      timestamp: shown.timestamp,
      title: shown.title,
      slug: shown.slug,
      eventSlug: shown.event_slug,
      outcome: shown.outcome,
      outcomeIndex: shown.outcome_index,
      transactionHash: transaction_hash,
    });
  }
  return ok(page);
}

/** The row's place in the order of all rows: a taker's comes before its maker's. */
const placeOf = ({ trade, role }: Row): number => trade.seq * 2 + (role === 'taker' ? 1 : 0);

function* newestFirst(
  { ledger, lagMs }: TradeSource,
  nowMs: number,
  asked: {
    readonly markets: readonly number[] | null;
    readonly below: number;
    readonly withMakers: boolean;
    readonly wanted: (trade: LedgerTrade) => boolean;
  },
): Generator<Row> {
  const visible = ledger.countInBlocks(nowMs - lagMs);
  const seqBound = Math.min(visible, Math.ceil((asked.below + 1) / 2));
  for (const seq of fallingSeqs(ledger, asked.markets, seqBound)) {
    const trade = ledger.at(seq);
    if (!asked.wanted(trade)) continue;
    for (const role of asked.withMakers ? (['taker', 'maker'] as const) : (['taker'] as const)) {
      const row = { trade, role };
      if (placeOf(row) < asked.below) yield row;
    }
  }
}

/** From the highest below the bound down, of all markets or merged from some. */
function* fallingSeqs(
  ledger: TradeLedger,
  markets: readonly number[] | null,
  bound: number,
): Generator<number> {
  if (markets === null) {
    for (let seq = bound - 1; seq >= 0; seq--) yield seq;
    return;
  }
  const lists = [...new Set(markets)].flatMap((number) => {
    const seqs = ledger.ofMarket(number);
    return seqs === null ? [] : [{ seqs, next: seqs.firstFrom(bound) - 1 }];
  });
  for (;;) {
    let newest: (typeof lists)[number] | null = null;
    for (const list of lists) {
      if (list.next < 0) continue;
      if (newest === null || list.seqs.at(list.next) > newest.seqs.at(newest.next)) newest = list;
    }
    if (newest === null) return;
    yield newest.seqs.at(newest.next--);
  }
}

function marketsOf(universe: Universe, query: URLSearchParams) {
  const conditions = listed(query, 'condition', 'condition_id', 'conditionId');
  const events = listed(query, 'event_id', 'eventId');
  if (conditions.length > 0 && events.length > 0) {
    return { problem: "provide either 'condition' or 'event_id', not both" };
  }
  if (new Set(conditions).size > conditionsMax || new Set(events).size > conditionsMax) {
    return { problem: `at most ${conditionsMax} distinct values` };
  }
  const malformed = conditions.find((id) => !/^0x[0-9a-fA-F]{64}$/.test(id));
  if (malformed !== undefined) return { problem: `malformed condition id '${malformed}'` };
  if (conditions.length === 0 && events.length === 0) return { numbers: null };
  const ofConditions = conditions.flatMap((id) => universe.byCondition(id.toLowerCase()) ?? []);
  const ofEvents = universe.events
    .filter(({ id }) => events.includes(id))
    .flatMap(({ markets }) => markets);
  return { numbers: [...ofConditions, ...ofEvents].map(({ number }) => number) };
}

function filterOf(query: URLSearchParams): (trade: LedgerTrade) => boolean {
  const side = query.get('side');
  const amount = Number(query.get('filter_amount') ?? query.get('filterAmount')) || dustShares;
  const isCash = (query.get('filter_type') ?? query.get('filterType')) === 'CASH';
  return (trade) => {
    const shares = trade.cents / centsPerShare;
    const size = isCash ? (shares * trade.units) / unitsPerDollar : shares;
    return size >= amount && (side === null || trade.side === side);
  };
}

function rowV2(universe: Universe, { trade, role }: Row) {
  const market = universe.markets[trade.marketNumber]!;
  const isTaker = role === 'taker';
  return {
    proxy_wallet: universe.ids.wallet(role, isTaker ? trade.transaction : trade.seq),
    side: isTaker ? trade.side : trade.side === 'BUY' ? 'SELL' : 'BUY',
    token_id: market.tokens[trade.outcome]!,
    condition_id: market.conditionId,
    size: trade.cents / centsPerShare,
    price: trade.units / unitsPerDollar,
    timestamp: blockMsOf(trade.atMs) / 1000,
    title: market.question,
    slug: market.slug,
    icon: '',
    event_slug: universe.eventOf(market).slug,
    outcome: market.outcomes[trade.outcome]!,
    outcome_index: trade.outcome,
    name: '',
    pseudonym: '',
    bio: '',
    profile_image: '',
    profile_image_optimized: '',
    transaction_hash: universe.ids.transaction(trade.transaction),
  };
}

export function invalid(parameter: string, error: string): Reply {
  const trace = createHash('sha1').update(`${parameter}/${error}`).digest('hex');
  return {
    status: 400,
    body: { error, code: 'invalid_request', retryable: false, parameter, trace_id: trace },
  };
}
