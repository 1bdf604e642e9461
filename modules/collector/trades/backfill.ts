/** Fetches from the Data API what the stream did not bring. */
import type { Token, Trade } from '../rows.ts';
import type { Span, Store } from '../store.ts';
import { conditionsMax, type DataApi } from '../venue/data.ts';
import type { Page } from '../venue/page.ts';
import type { VenueTrade } from '../venue/trade.ts';
import { walk } from '../venue/walk.ts';
import { type Fill, Ordinals } from './identity.ts';
import { type Fetched, settlementMsMax, Twins } from './twins.ts';

export interface BackfillOptions {
  readonly data: Pick<DataApi, 'trades'>;
  readonly store: Pick<
    Store,
    'addTrades' | 'flushTrades' | 'knownTradeIds' | 'tradesWithoutHash' | 'quarantine'
  >;
  /** Read from so much earlier: the moment at which something began to be missing is not sure. */
  readonly overlapMs: number;
  /** Is told what was stored, for trades of the stream that come even later. */
  readonly fetched: Pick<Fetched, 'add'>;
  /** Resolves when the store has been given all that the stream has brought until now. */
  readonly handedOver: (signal: AbortSignal) => Promise<void>;
  readonly now: () => number;
}

/** A trade that is on the chain has been told by the stream, but for so long. */
const latencyMs = 2000;
/** More markets than that are not asked for one by one, if not much time is missing. */
const chunksMax = 10;
const everythingMsMax = 2 * 3_600_000;
const pagesMax = 20_000;

/**
 * Stores the trades of the tokens in that time that are not stored yet, and gives how many those
 * were. Rejects when the venue or the database fails; what was stored until then stays. What runs at
 * the same time from the stream does not disturb it, and to do it again is harmless.
 */
export async function backfill(
  { data, store, overlapMs, fetched, handedOver, now }: BackfillOptions,
  tokens: readonly Token[],
  { fromMs, toMs }: Span,
  signal: AbortSignal,
): Promise<number> {
  // What the stream has brought is compared with, so it has to be there; and what it has not had the
  // time to bring is left to it, since its times are exact.
  const untilMs = Math.min(toMs + settlementMsMax, now() - latencyMs);
  await handedOver(signal);
  await store.flushTrades(signal);
  const span = { fromMs: fromMs - overlapMs, toMs: untilMs };
  let stored = 0;
  for (const { conditionIds, tokenIds } of questions(tokens, now() - fromMs)) {
    const mine = new Set(tokenIds);
    const around = { ...span, fromMs: span.fromMs - settlementMsMax };
    const twins = new Twins(await store.tradesWithoutHash(tokenIds, around, signal));
    const ordinals = new Ordinals();
    const pages = walk((cursor) => data.trades({ conditionIds, cursor }, signal), {
      from: null,
      pagesMax,
    });
    for await (const page of pages) {
      const rows = ordinals.identified(page.rows.map(fillOf)).filter(isIn(span, mine));
      const known = await store.knownTradeIds(
        rows.map(({ id }) => id),
        around,
        signal,
      );
      const missing = twins.missing(rows, known);
      if (missing.length > 0) await store.addTrades(missing, signal);
      fetched.add(missing);
      stored += missing.length;
      quarantine(store, page, now());
      // Newest first, so nothing of that time is on the pages that follow.
      if (page.rows.some(({ at }) => at.getTime() < span.fromMs)) break;
    }
  }
  return stored;
}

interface Question {
  /** None: all markets there are. */
  readonly conditionIds: readonly string[];
  readonly tokenIds: readonly string[];
}

function questions(tokens: readonly Token[], agoMs: number): Question[] {
  const markets = new Map<string, string[]>();
  for (const { conditionId, tokenId } of tokens) {
    markets.set(conditionId, [...(markets.get(conditionId) ?? []), tokenId]);
  }
  if (markets.size > chunksMax * conditionsMax && agoMs <= everythingMsMax) {
    return [{ conditionIds: [], tokenIds: tokens.map(({ tokenId }) => tokenId) }];
  }
  const all = [...markets];
  return Array.from({ length: Math.ceil(all.length / conditionsMax) }, (_, index) => {
    const chunk = all.slice(index * conditionsMax, (index + 1) * conditionsMax);
    return {
      conditionIds: chunk.map(([conditionId]) => conditionId),
      tokenIds: chunk.flatMap(([, tokenIds]) => tokenIds),
    };
  });
}

function fillOf({ at, tokenId, side, price, size, transactionHash }: VenueTrade): Fill {
  return { atMs: at.getTime(), tokenId, side, price, size, transactionHash, source: 'backfill' };
}

function isIn({ fromMs, toMs }: Span, tokenIds: ReadonlySet<string>): (trade: Trade) => boolean {
  return ({ atMs, tokenId }) => atMs >= fromMs && atMs <= toMs && tokenIds.has(tokenId);
}

function quarantine(
  store: Pick<Store, 'quarantine'>,
  { garbage }: Page<VenueTrade>,
  atMs: number,
): void {
  if (garbage.length > 0) {
    store.quarantine(garbage.map((one) => ({ collector: 'trades', atMs, ...one })));
  }
}
