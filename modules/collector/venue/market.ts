/** A market as Gamma describes it, in a list of its own or within its event. */
import { amountOf, priceOf } from './decimal.ts';
import { conditionIdOf, tokenIdOf } from './identifier.ts';
import { instantOf } from './instant.ts';
import { listOf, listOfEach } from './list.ts';
import { fieldsOf, type Garbage, garbage, type Parsed, rawText, shown } from './parsed.ts';
import { textOf } from './text.ts';

export interface VenueMarket {
  readonly conditionId: string;
  readonly question: string;
  readonly slug: string | null;
  readonly marketType: string | null;
  /** In the order of `tokenIds`, which is empty as long as the market has none. */
  readonly outcomes: readonly string[];
  readonly tokenIds: readonly string[];
  /** In the same order: the last price of each, null where there is none that can be read. */
  readonly prices: readonly (string | null)[];
  /** The market itself where one of its prices could not be read: only who wants prices minds. */
  readonly unreadablePrices: Garbage | null;
  /** Not exclusive: what is closed is mostly active as well. */
  readonly active: boolean;
  readonly closed: boolean;
  readonly endDateIso: string | null;
  readonly volume24h: string | null;
  readonly updatedAt: Date | null;
  readonly closedAt: Date | null;
  /** How far UMA's oracle has come, where it decides; null says nothing. */
  readonly umaStatus: string | null;
}

/** 'nothing' for a market that has no condition yet, and so nothing that could be told of it. */
export function parseMarket(raw: unknown): Parsed<VenueMarket> {
  const fields = fieldsOf(raw);
  if (fields === null) return garbage(`a market is no object: ${shown(raw)}`);
  const givenId = fields['conditionId'] ?? fields['condition_id'];
  if (isMissing(givenId)) return { kind: 'nothing' };
  const conditionId = conditionIdOf(givenId);
  if (conditionId === null) return garbage(`the condition id is none: ${shown(givenId)}`);
  const tokenIds = tokensOf(fields['clobTokenIds']);
  if (tokenIds === null)
    return garbage(`clobTokenIds is no list of token ids: ${shown(fields['clobTokenIds'])}`);
  const outcomes = listOfEach(fields['outcomes'], textOf);
  if (outcomes === null)
    return garbage(`outcomes is no list of names: ${shown(fields['outcomes'])}`);
  if (tokenIds.length > 0 && outcomes.length > 0 && tokenIds.length !== outcomes.length)
    return garbage(`${tokenIds.length} token ids belong to ${outcomes.length} outcomes`);
  return {
    kind: 'row',
    row: {
      conditionId,
      tokenIds,
      outcomes,
      question: textOf(fields['question']) ?? '',
      slug: textOf(fields['slug']),
      marketType: textOf(fields['marketType']) ?? textOf(fields['market_type']),
      ...pricesOf(fields, tokenIds.length),
      active: flagOf(fields['active']) ?? true,
      closed: flagOf(fields['closed']) ?? false,
      endDateIso: textOf(fields['endDateIso']) ?? textOf(fields['endDate']),
      volume24h: amountOf(fields['volume24hr']),
      updatedAt: instantOf(fields['updatedAt']),
      closedAt: instantOf(fields['closedTime']),
      umaStatus: umaStatusOf(fields),
    },
  };
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === '';
}

/** A new market's tokens come as "" before they exist: then it has none as yet. */
function tokensOf(value: unknown): readonly string[] | null {
  const items = listOf(value);
  if (items?.every(isMissing) === true) return [];
  return listOfEach(value, tokenIdOf);
}

function pricesOf(
  fields: Readonly<Record<string, unknown>>,
  tokens: number,
): Pick<VenueMarket, 'prices' | 'unreadablePrices'> {
  const value = fields['outcomePrices'];
  const unreadable = (reason: string): Garbage => ({ reason, raw: rawText(fields) });
  const items = listOf(value);
  if (items === null || (items.length > 0 && tokens > 0 && items.length !== tokens)) {
    const reason = `outcomePrices is no list of a price for each token: ${shown(value)}`;
    return { prices: [], unreadablePrices: unreadable(reason) };
  }
  const prices = items.map(priceOf);
  const broken = items.find((item, at) => prices[at] === null && !isMissing(item));
  if (broken === undefined) return { prices, unreadablePrices: null };
  return { prices, unreadablePrices: unreadable(`an outcome's price is none: ${shown(broken)}`) };
}

function flagOf(value: unknown): boolean | null {
  if (typeof value === 'boolean') return value;
  if (value === 'true') return true;
  return value === 'false' ? false : null;
}

/** The newest line of the history stands in where the status itself is missing. */
function umaStatusOf(fields: Readonly<Record<string, unknown>>): string | null {
  const status = textOf(fields['umaResolutionStatus']);
  return status ?? textOf(listOf(fields['umaResolutionStatuses'])?.at(-1));
}
