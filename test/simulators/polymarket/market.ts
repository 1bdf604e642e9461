import type { Book, Side } from './book.ts';
import type { Identifiers } from './identifiers.ts';
import { otherUnits, unitsPerDollar } from './units.ts';

export type ResolutionStatus =
  'initialized' | 'posed' | 'proposed' | 'disputed' | 'reproposed' | 'resolved';

/** Which outcome gets the money: 0 or 1, or both a half. */
export type Winner = 0 | 1 | 'split';

export interface Resolution {
  status: ResolutionStatus;
  /** Every status so far, oldest first, as Gamma's umaResolutionStatuses has them. */
  readonly history: ResolutionStatus[];
  wasDisputed: boolean;
  /** What was proposed; the final word once the status is resolved. Null before. */
  winner: Winner | null;
  changedMs: number;
  resolvedMs: number | null;
}

export interface Market {
  /** Position in the universe, from 0; its tokens are 2n and 2n + 1 there. */
  readonly number: number;
  readonly id: string;
  readonly eventNumber: number;
  readonly conditionId: string;
  readonly questionId: string;
  readonly negRiskMarketId: string | null;
  readonly slug: string;
  readonly question: string;
  readonly outcomes: readonly [string, string];
  readonly tokens: readonly [string, string];
  readonly book: Book;
  readonly openedMs: number;
  /** Until then Gamma lists it and the CLOB does not know it. */
  readonly knownToClobMs: number;
  readonly endMs: number;
  readonly resolution: Resolution;
  updatedMs: number;
  /** In price units. */
  tick: number;
  /** The log-odds of the first outcome: what the price process moves. */
  logit: number;
  isClosed: boolean;
  isArchived: boolean;
  lastTrade: { readonly outcome: number; readonly units: number; readonly side: Side } | null;
  /** Shares traded, in cents of a share. */
  volumeCents: number;
}

export const middleUnits = ({ logit }: Market): number =>
  Math.round(unitsPerDollar / (1 + Math.exp(-logit)));

/**
 * Pinned from the first proposal on, which somebody may dispute and which may turn out wrong; before,
 * the middle of the book.
 */
export function outcomeUnits(market: Market): readonly [number, number] {
  const { winner } = market.resolution;
  if (winner !== null) {
    if (winner === 'split') return [unitsPerDollar / 2, unitsPerDollar / 2];
    return winner === 0 ? [unitsPerDollar, 0] : [0, unitsPerDollar];
  }
  const { bid, ask } = market.book.best(0);
  const middle = bid === null || ask === null ? middleUnits(market) : Math.round((bid + ask) / 2);
  return [middle, otherUnits(middle)];
}

export function idsOf(ids: Identifiers, number: number) {
  return {
    conditionId: ids.condition(number),
    questionId: ids.question(number),
    tokens: [ids.token(number, 0), ids.token(number, 1)] as const,
  };
}
