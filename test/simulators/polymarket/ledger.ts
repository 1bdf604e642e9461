import type { Faults, PastFault } from './faults.ts';
import type { Market } from './market.ts';
import { blockMsOf, type LedgerTrade, type TradeLedger } from './trade-ledger.ts';
import type { Universe } from './universe.ts';
import { priceText, sizeText } from './units.ts';

/** A fill as everybody else will know it. */
export interface LedgerRow {
  readonly seq: number;
  readonly tokenId: string;
  readonly conditionId: string;
  readonly side: 'BUY' | 'SELL';
  /** Decimal text, as short as it can be. */
  readonly price: string;
  readonly size: string;
  /** When it was matched: the time that the stream gives. */
  readonly atMs: number;
  /** When its block was made: the time that the Data API gives, whole seconds. */
  readonly blockMs: number;
  readonly transactionHash: string;
  readonly hasHashOnStream: boolean;
}

export interface LedgerResolution {
  readonly conditionId: string;
  readonly status: string;
  /** The label of what won; null before the end, and where both got a half. */
  readonly outcome: string | null;
  readonly winnerTokenId: string | null;
  readonly isSplit: boolean;
  readonly wasDisputed: boolean;
  readonly resolvedMs: number | null;
}

export interface LedgerMarket {
  readonly id: string;
  readonly conditionId: string;
  readonly tokens: readonly [string, string];
  readonly isClosed: boolean;
}

/** Everything that the simulator did, to compare with what others know of it. */
export class Ledger {
  readonly #universe: Universe;
  readonly #trades: TradeLedger;
  readonly #faults: Faults;

  constructor(universe: Universe, trades: TradeLedger, faults: Faults) {
    this.#universe = universe;
    this.#trades = trades;
    this.#faults = faults;
  }

  /** How many fills there are; their numbers are below it. */
  get tradeCount(): number {
    return this.#trades.length;
  }

  /** How many fills were matched from then on, before then. */
  countBetween(fromMs: number, untilMs: number): number {
    return this.#trades.countBefore(untilMs) - this.#trades.countBefore(fromMs);
  }

  get faults(): readonly PastFault[] {
    return this.#faults.history;
  }

  /** At most `limit` fills from the number `from` on. */
  trades(from = 0, limit = Infinity): LedgerRow[] {
    const rows: LedgerRow[] = [];
    for (let seq = from; seq < this.tradeCount && rows.length < limit; seq++) {
      rows.push(this.row(this.#trades.at(seq)));
    }
    return rows;
  }

  row(trade: LedgerTrade): LedgerRow {
    const market = this.#universe.markets[trade.marketNumber]!;
    return {
      seq: trade.seq,
      tokenId: market.tokens[trade.outcome]!,
      conditionId: market.conditionId,
      side: trade.side,
      price: priceText(trade.units),
      size: sizeText(trade.cents),
      atMs: trade.atMs,
      blockMs: blockMsOf(trade.atMs),
      transactionHash: this.#universe.ids.transaction(trade.transaction),
      hasHashOnStream: trade.hasHashOnStream,
    };
  }

  markets(from = 0, limit = Infinity): LedgerMarket[] {
    return this.#universe.markets.slice(from, from + limit).map((market) => ({
      id: market.id,
      conditionId: market.conditionId,
      tokens: market.tokens,
      isClosed: market.isClosed,
    }));
  }

  /** Of every market whose resolution has begun. */
  resolutions(): LedgerResolution[] {
    return this.#universe.markets
      .filter(({ resolution }) => resolution.history.length > 0)
      .map(resolutionRow);
  }
}

function resolutionRow({ conditionId, resolution, outcomes, tokens }: Market): LedgerResolution {
  const { status, winner } = resolution;
  const won = status === 'resolved' && (winner === 0 || winner === 1) ? winner : null;
  return {
    conditionId,
    status,
    outcome: won === null ? null : outcomes[won],
    winnerTokenId: won === null ? null : tokens[won],
    isSplit: status === 'resolved' && winner === 'split',
    wasDisputed: resolution.wasDisputed,
    resolvedMs: resolution.resolvedMs,
  };
}
