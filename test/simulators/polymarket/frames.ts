/** What the market channel says, each as the documentation of the venue has it. */
import { createHash } from 'node:crypto';
import type { Level } from './book.ts';
import type { Identifiers } from './identifiers.ts';
import type { Market } from './market.ts';
import type { Order } from './tape.ts';
import type { LedgerTrade } from './trade-ledger.ts';
import type { VenueEvent } from './universe.ts';
import { otherUnits, priceText, sizeText } from './units.ts';

const level = ({ units, cents }: Level) => ({ price: priceText(units), size: sizeText(cents) });

/**
 * Numbers are text; the best level is the last of each list. Time and hash are those of the last
 * change, so that an unchanged book has the same. The REST reply has the same fields.
 */
export function bookSummary(market: Market, outcome: number) {
  const { bids, asks } = market.book.levels(outcome);
  const summary = {
    market: market.conditionId,
    asset_id: market.tokens[outcome]!,
    timestamp: String(market.updatedMs),
    bids: bids.map(level),
    asks: asks.map(level),
    min_order_size: '5',
    tick_size: priceText(market.tick),
    neg_risk: market.negRiskMarketId !== null,
    last_trade_price: lastTradePrice(market, outcome),
  };
  const hash = createHash('sha1').update(JSON.stringify(summary)).digest('hex');
  return { ...summary, hash };
}

export function lastTradePrice({ lastTrade }: Market, outcome: number): string {
  if (lastTrade === null) return '';
  return priceText(lastTrade.outcome === outcome ? lastTrade.units : otherUnits(lastTrade.units));
}

export function bookFrame(market: Market, outcome: number) {
  return { event_type: 'book', ...bookSummary(market, outcome) };
}

/** One fill. The venue gives it no id of its own. */
export function tradeFrame(market: Market, trade: LedgerTrade, ids: Identifiers) {
  return {
    event_type: 'last_trade_price',
    market: market.conditionId,
    asset_id: market.tokens[trade.outcome]!,
    price: priceText(trade.units),
    size: sizeText(trade.cents),
    side: trade.side,
    fee_rate_bps: '0',
    timestamp: String(trade.atMs),
    ...(trade.hasHashOnStream ? { transaction_hash: ids.transaction(trade.transaction) } : {}),
  };
}

/** `size` is the new total of the level; "0" removes it. Both tokens of the market in one. */
export function priceChangeFrame({ market, changes, atMs }: Order) {
  const [yes, no] = market.tokens;
  const bestOfYes = bestTexts(market, 0);
  const bestOfNo = bestTexts(market, 1);
  return {
    event_type: 'price_change',
    market: market.conditionId,
    price_changes: changes.flatMap(({ units, cents, side }, index) => {
      const size = sizeText(cents);
      const hash = createHash('sha1').update(`${market.id}/${atMs}/${index}`).digest('hex');
      const otherSide = side === 'BUY' ? 'SELL' : 'BUY';
      return [
        { asset_id: yes, price: priceText(units), size, side, hash, ...bestOfYes },
        {
          asset_id: no,
          price: priceText(otherUnits(units)),
          size,
          side: otherSide,
          hash,
          ...bestOfNo,
        },
      ];
    }),
    timestamp: String(atMs),
  };
}

export function tickSizeFrame(market: Market, outcome: number, order: Order) {
  return {
    event_type: 'tick_size_change',
    market: market.conditionId,
    asset_id: market.tokens[outcome]!,
    old_tick_size: priceText(order.tickChange?.from ?? market.tick),
    new_tick_size: priceText(order.tickChange?.to ?? market.tick),
    timestamp: String(order.atMs),
  };
}

export function bestBidAskFrame(market: Market, outcome: number, nowMs: number) {
  const { bid, ask } = market.book.best(outcome);
  return {
    event_type: 'best_bid_ask',
    market: market.conditionId,
    asset_id: market.tokens[outcome]!,
    ...bestTexts(market, outcome),
    spread: bid === null || ask === null ? '' : priceText(ask - bid),
    timestamp: String(nowMs),
  };
}

export function newMarketFrame(event: VenueEvent, market: Market, nowMs: number) {
  return {
    event_type: 'new_market',
    id: market.id,
    question: market.question,
    market: market.conditionId,
    condition_id: market.conditionId,
    slug: market.slug,
    description: `Simulated: ${market.question}`,
    assets_ids: market.tokens,
    clob_token_ids: market.tokens,
    outcomes: market.outcomes,
    event_message: {
      id: event.id,
      ticker: event.slug,
      slug: event.slug,
      title: event.title,
      description: '',
    },
    tags: [event.tag.toLowerCase()],
    active: true,
    order_price_min_tick_size: priceText(market.tick),
    taker_base_fee: '1000',
    fees_enabled: true,
    fee_schedule: { exponent: '1', rate: '0.07', taker_only: true, rebate_rate: '0.2' },
    timestamp: String(nowMs),
  };
}

export function resolvedFrame(market: Market, nowMs: number) {
  const { winner } = market.resolution;
  const outcome = winner === 0 || winner === 1 ? winner : null;
  return {
    event_type: 'market_resolved',
    id: market.id,
    market: market.conditionId,
    assets_ids: market.tokens,
    winning_asset_id: outcome === null ? '' : market.tokens[outcome],
    winning_outcome: outcome === null ? '' : market.outcomes[outcome],
    timestamp: String(nowMs),
  };
}

function bestTexts(market: Market, outcome: number) {
  const { bid, ask } = market.book.best(outcome);
  return {
    best_bid: bid === null ? '' : priceText(bid),
    best_ask: ask === null ? '' : priceText(ask),
  };
}
