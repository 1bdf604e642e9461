import { invalid } from './data-trades.ts';
import type { Market, Winner } from './market.ts';
import { listed, ok, type Reply } from './reply.ts';
import type { Universe } from './universe.ts';

const idsMax = 20;
const payoutUnits = 1_000_000;
/** What the venue writes for a price that is not set. */
const notSet = '69';

/** `GET /v2/resolutions`: of conditions or of events. Who is unknown is missing in the answer. */
export function answerResolutions(universe: Universe, query: URLSearchParams): Reply {
  const conditions = listed(query, 'condition', 'condition_id', 'conditionId');
  const events = listed(query, 'event_id', 'eventId');
  const questions = listed(query, 'question_id', 'questionId');
  const kinds = [conditions, events, questions].filter(({ length }) => length > 0);
  const [only] = kinds;
  if (kinds.length !== 1 || !only) {
    return invalid('condition', "provide exactly one of 'question_id', 'condition', or 'event_id'");
  }
  if (new Set(only).size > idsMax) return invalid('condition', `at most ${idsMax} distinct values`);
  const wanted = new Set(only);
  const markets =
    only === conditions
      ? [...wanted].flatMap((id) => universe.byCondition(id) ?? [])
      : only === questions
        ? universe.markets.filter(({ questionId }) => wanted.has(questionId))
        : universe.events.filter(({ id }) => wanted.has(id)).flatMap((event) => event.markets);
  return ok({ data: markets.map(row) });
}

function row(market: Market) {
  const { resolution, negRiskMarketId } = market;
  const { history, winner, status } = resolution;
  const isResolved = status === 'resolved';
  const isReproposed = history.includes('reproposed');
  const proposal = winner === null ? notSet : priceOf(winner);
  return {
    question_id: market.questionId,
    condition_id: market.conditionId,
    market_id: market.id,
    status,
    was_disputed: resolution.wasDisputed,
    extended_review: false,
    new_version_q: false,
    proposed_price: history.includes('proposed') && !isReproposed ? proposal : notSet,
    reproposed_price: isReproposed ? proposal : notSet,
    price: isResolved ? proposal : notSet,
    payouts: isResolved && winner !== null ? payoutsOf(winner) : [],
    market_type: negRiskMarketId === null ? 'BINARY' : 'ATOMIC_NEGRISK',
    reporter: 'UMA_OO',
    resolution_source: 'reported',
    resolved_at: resolution.resolvedMs === null ? '' : seconds(resolution.resolvedMs),
    last_update_timestamp: seconds(resolution.changedMs),
    transaction_hash: '',
    log_index: '',
  };
}

function priceOf(winner: Winner): string {
  return winner === 'split' ? '0.5' : winner === 0 ? '1' : '0';
}

function payoutsOf(winner: Winner): readonly number[] {
  if (winner === 'split') return [payoutUnits / 2, payoutUnits / 2];
  return winner === 0 ? [payoutUnits, 0] : [0, payoutUnits];
}

const seconds = (ms: number): string => String(Math.floor(ms / 1000));
