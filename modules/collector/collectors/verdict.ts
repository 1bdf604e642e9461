/**
 * How a market has ended, from what the venue's services say of it: pure. The strongest evidence
 * decides: payouts as they were reported to the chain, then the winner that the CLOB has marked, and
 * only then prices that are pinned to 1 and 0. As long as the oracle is at it nothing is final,
 * whatever the prices are: they have flipped before.
 */
import { Big } from 'big.js';
import type { Resolution, Verdict } from '../rows.ts';
import type { OfficialResolution } from '../venue/official-resolution.ts';

export interface Evidence {
  readonly conditionId: string;
  readonly outcomes: readonly string[];
  /** In the same order. */
  readonly tokenIds: readonly string[];
  /** Of the Data API; null where it knows nothing of the market. */
  readonly official: OfficialResolution | null;
  /** The token that the CLOB has marked; null where it has not, or was not asked. */
  readonly winnerTokenId: string | null;
  /** Of Gamma; null where it was not asked. */
  readonly listed: Listed | null;
}

export interface Listed {
  readonly closed: boolean;
  readonly prices: readonly (string | null)[];
  readonly umaStatus: string | null;
  readonly closedAt: Date | null;
}

/** Null where nothing can be said yet. */
export function resolutionOf(evidence: Evidence): Resolution | null {
  const { conditionId, official, listed } = evidence;
  const found = byOracle(evidence) ?? byWinner(evidence) ?? byList(evidence);
  if (found === null) return null;
  const { verdict, detectionMethod } = found;
  const at = isFinal(verdict) ? (official?.resolvedAt ?? listed?.closedAt ?? null) : null;
  return { conditionId, verdict, detectionMethod, resolvedAtMs: at?.getTime() ?? null };
}

/** Whether nothing but a correction can follow. */
export function isFinal({ kind }: Verdict): boolean {
  return kind === 'won' || kind === 'split' || kind === 'void';
}

/** Whether the CLOB can still add something: neither is it over, nor is the oracle at it. */
export function isWinnerWanted(evidence: Evidence): boolean {
  return byOracle(evidence) === null && evidence.listed?.closed !== false;
}

interface Found {
  readonly verdict: Verdict;
  readonly detectionMethod: string;
}

type Stage = 'proposed' | 'disputed' | 'resolved' | null;

/**
 * Of the Data API's words for a status, and of UMA's in Gamma; "active" stands among those of a
 * dispute there. Null: nothing has been said yet.
 */
function stageOf(status: string | null): Stage {
  switch (status?.toLowerCase() ?? '') {
    case 'resolved':
    case 'settled':
      return 'resolved';
    case 'proposed':
    case 'reproposed':
      return 'proposed';
    case 'challenged':
    case 'disputed':
    case 'active':
    case 'arbitration':
      return 'disputed';
    default:
      return null;
  }
}

function byOracle(evidence: Evidence): Found | null {
  const { official } = evidence;
  const stage = stageOf(official?.status ?? null);
  if (official === null || stage === null) return null;
  if (stage !== 'resolved') {
    const outcome = outcomeAt(evidence, winnerByPrice(official.proposedPrice));
    return { verdict: { kind: stage, outcome }, detectionMethod: 'data_v2_status' };
  }
  const payouts = official.payouts ?? payoutsByAnswer.get(official.price) ?? null;
  const verdict = payouts === null ? null : verdictOf(evidence, payouts);
  if (verdict === null) return null;
  const detectionMethod = official.payouts === null ? 'data_v2_price' : 'data_v2_payouts';
  return { verdict, detectionMethod };
}

/** The oracle's answer of a market with two outcomes: 1 for the first, 0 for the second. */
const payoutsByAnswer = new Map<string | null, readonly string[]>([
  ['1', ['1', '0']],
  ['0', ['0', '1']],
  ['0.5', ['0.5', '0.5']],
]);

function winnerByPrice(price: string | null): number {
  return payoutsByAnswer.get(price)?.indexOf('1') ?? -1;
}

/** Null when the payouts are not those of this market's outcomes. */
function verdictOf(evidence: Evidence, payouts: readonly string[]): Verdict | null {
  if (payouts.length !== evidence.tokenIds.length) return null;
  const paid = payouts.filter((payout) => payout !== '0');
  if (paid.length === 0) return { kind: 'void' };
  if (paid.length > 1) return { kind: 'split', payouts };
  return wonBy(evidence, payouts.indexOf(paid[0] ?? ''), paid[0] ?? '');
}

function byWinner(evidence: Evidence): Found | null {
  const { winnerTokenId, tokenIds } = evidence;
  const verdict =
    winnerTokenId === null ? null : wonBy(evidence, tokenIds.indexOf(winnerTokenId), '1');
  return verdict === null ? null : { verdict, detectionMethod: 'clob_winner' };
}

function byList(evidence: Evidence): Found | null {
  const { listed } = evidence;
  if (listed?.closed !== true) return null;
  const stage = stageOf(listed.umaStatus);
  if (stage === 'proposed' || stage === 'disputed')
    return { verdict: { kind: stage, outcome: null }, detectionMethod: 'gamma_status' };
  // No status does not mean that nothing is decided: some markets settle without UMA.
  const verdict = verdictByPrices(evidence, listed.prices, stage === 'resolved');
  return verdict === null ? null : { verdict, detectionMethod: 'gamma_closed_prices' };
}

/** How far from 1 and 0, or from equal parts, the last price of something decided may be. */
const slack = 0.001;

function verdictByPrices(
  evidence: Evidence,
  given: readonly (string | null)[],
  isResolved: boolean,
): Verdict | null {
  const prices = given.map((price) => (price === null ? NaN : Number(price)));
  if (prices.length !== evidence.tokenIds.length) return null;
  const isNear = (price: number, to: number) => Math.abs(price - to) <= slack;
  const pinned = prices.findIndex((price) => isNear(price, 1));
  const others = prices.filter((_, at) => at !== pinned);
  if (pinned >= 0 && others.every((price) => isNear(price, 0))) return wonBy(evidence, pinned, '1');
  const part = 1 / prices.length;
  if (!isResolved || prices.length < 2 || !prices.every((price) => isNear(price, part)))
    return null;
  const payout = new Big(1).div(prices.length).round(6).toFixed();
  return { kind: 'split', payouts: prices.map(() => payout) };
}

function wonBy(evidence: Evidence, at: number, payoutPrice: string): Verdict | null {
  const winnerTokenId = evidence.tokenIds[at];
  if (winnerTokenId === undefined) return null;
  return { kind: 'won', outcome: outcomeAt(evidence, at) ?? `${at}`, winnerTokenId, payoutPrice };
}

function outcomeAt({ outcomes }: Evidence, at: number): string | null {
  return outcomes[at] ?? null;
}
