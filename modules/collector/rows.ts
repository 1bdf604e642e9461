/**
 * What the collectors bring, one shape for each table.
 *
 * Times are milliseconds since 1970, UTC. Prices and sizes are exact decimals as text, as the venue
 * wrote them ("0.57", never 0.57 from a float); ids are text, since those of tokens have 78 digits.
 */

export interface Market {
  readonly conditionId: string;
  readonly question: string;
  readonly slug: string | null;
  readonly marketType: string | null;
  /** In the order of `tokenIds`. */
  readonly outcomes: readonly string[];
  readonly tokenIds: readonly string[];
  readonly active: boolean;
  readonly closed: boolean;
  /** As the venue wrote it: a date alone, or a date with a time. */
  readonly endDateIso: string | null;
  /** The busiest markets come first where a limit leaves some out. Null: unknown, comes last. */
  readonly volume24h: string | null;
}

/** A token that can be traded, and the market that it is an outcome of. */
export interface Token {
  readonly tokenId: string;
  readonly conditionId: string;
}

/** Unique by token and time: all of one cycle have the same time. */
export interface PriceSnapshot {
  readonly atMs: number;
  readonly tokenId: string;
  readonly price: string;
  readonly volume24h: string;
}

export type Level = readonly [price: string, size: string];

/** Unique by token and time. */
export interface OrderbookSnapshot {
  readonly atMs: number;
  readonly tokenId: string;
  /** Best first: the highest bid, the lowest ask. */
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
  /** Null when a side is empty. */
  readonly spread: string | null;
  readonly midpoint: string | null;
  /** The venue now and then shows an empty-looking book of a busy market: kept, but marked. */
  readonly isGhost: boolean;
}

export interface Trade {
  /**
   * The same for the same trade however it came, by stream, replay or back-fill, and different for
   * two fills of one transaction. Of rows with one id whose times are less than 6 hours apart the
   * first stays. At most 128 characters.
   */
  readonly id: string;
  readonly atMs: number;
  readonly tokenId: string;
  readonly side: 'BUY' | 'SELL';
  readonly price: string;
  readonly size: string;
  readonly transactionHash: string | null;
  readonly source: 'stream' | 'backfill';
}

/** How a market ended, or is about to. Only won, split and void are final. */
export type Verdict =
  | {
      readonly kind: 'won';
      readonly outcome: string;
      readonly winnerTokenId: string;
      readonly payoutPrice: string;
    }
  /** Every outcome pays a part, such as 0.5 each; in the order of the market's outcomes. */
  | { readonly kind: 'split'; readonly payouts: readonly string[] }
  /** Ended without any payout by outcome: stakes go back. */
  | { readonly kind: 'void' }
  | { readonly kind: 'proposed'; readonly outcome: string | null }
  | { readonly kind: 'disputed'; readonly outcome: string | null };

export interface Resolution {
  readonly conditionId: string;
  readonly verdict: Verdict;
  /** When the venue says that it was decided; null where it does not say. */
  readonly resolvedAtMs: number | null;
  /** What told it, such as "gamma_closed_prices" or "data_v2_payouts". */
  readonly detectionMethod: string;
}

/** Something the venue sent that could not be understood. */
export interface Quarantined {
  /** The collector that met it: metadata, prices, orderbooks, resolutions or trades. */
  readonly collector: string;
  readonly atMs: number;
  /** In words, such as 'the price "abc" is no number'. */
  readonly reason: string;
  /** What was received. Kept up to 16 KB. */
  readonly raw: string;
}
