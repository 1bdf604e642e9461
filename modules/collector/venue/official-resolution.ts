/** How far the resolution of a market has come, as the Data API (`/v2/resolutions`) tells it. */
import { Big } from 'big.js';
import { amountOf } from './decimal.ts';
import { conditionIdOf } from './identifier.ts';
import { instantOf } from './instant.ts';
import { listOf, listOfEach } from './list.ts';
import { fieldsOf, garbage, type Parsed, shown } from './parsed.ts';
import { textOf } from './text.ts';

export interface OfficialResolution {
  readonly conditionId: string;
  /** Of the venue's words: initialized, posed, proposed, challenged, …, resolved. */
  readonly status: string;
  /** What a share of each outcome pays, as a decimal of one; null as long as that is not set. */
  readonly payouts: readonly string[] | null;
  /** What the oracle was told or has found for the first outcome, as a decimal of one; or null. */
  readonly proposedPrice: string | null;
  readonly price: string | null;
  readonly resolvedAt: Date | null;
  readonly updatedAt: Date | null;
}

/** Payouts are whole numbers of a millionth. */
const payoutUnit = 1_000_000;
/** In place of a price: "not set". */
const notSet = '69';

export function parseOfficialResolution(raw: unknown): Parsed<OfficialResolution> {
  const fields = fieldsOf(raw);
  if (fields === null) return garbage(`a resolution is no object: ${shown(raw)}`);
  const conditionId = conditionIdOf(fields['condition_id'] ?? fields['conditionId']);
  if (conditionId === null) return garbage('the resolution names no condition');
  const status = textOf(fields['status'])?.toLowerCase() ?? null;
  if (status === null) return garbage('the resolution has no status');
  const payouts = payoutsOf(fields['payouts']);
  if (payouts === 'garbage')
    return garbage(`payouts is no list of payouts: ${shown(fields['payouts'])}`);
  const reproposed = shareOf(fields['reproposed_price']);
  return {
    kind: 'row',
    row: {
      conditionId,
      status,
      payouts,
      proposedPrice: reproposed ?? shareOf(fields['proposed_price']),
      price: shareOf(fields['price']),
      resolvedAt: instantOf(fields['resolved_at']),
      updatedAt: instantOf(fields['last_update_timestamp']),
    },
  };
}

function payoutsOf(value: unknown): readonly string[] | null | 'garbage' {
  if (listOf(value)?.length === 0) return null;
  const units = listOfEach(value, amountOf);
  if (units === null) return 'garbage';
  if (units.some((unit) => new Big(unit).gt(payoutUnit))) return 'garbage';
  return units.map((unit) => new Big(unit).div(payoutUnit).toFixed());
}

/** The oracle's prices come in units of one, a millionth or 10^-18; no outcome pays more than one. */
function shareOf(value: unknown): string | null {
  const text = amountOf(value);
  if (text === null || text === notSet) return null;
  for (const unit of [1, payoutUnit, 1e18]) {
    const share = new Big(text).div(unit);
    if (share.lte(1)) return share.toFixed();
  }
  return null;
}
