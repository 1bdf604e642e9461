/** Verdicts with their history, and cursors, which move in the same transaction. */
import type { Database, Queryable } from '../../api/database.ts';
import type { Resolution, Verdict } from '../rows.ts';
import type { Cursor } from '../store.ts';
import { callOptions } from './call-options.ts';
import { cleanJson, cleanText } from './clean-text.ts';

/** Gives how many verdicts were new or have changed. */
export async function addResolutions(
  database: Database,
  rows: readonly Resolution[],
  cursors: readonly Cursor[],
  signal?: AbortSignal,
): Promise<number> {
  const unique = [...new Map(rows.map((row) => [row.conditionId, row])).values()];
  unique.sort((one, other) => (one.conditionId < other.conditionId ? -1 : 1));
  return database.transaction(async (transaction) => {
    const { count } = await transaction.query(upsert, [cleanJson(unique.map(recordOf))]);
    for (const cursor of cursors) await saveCursor(transaction, cursor);
    return count;
  }, callOptions(signal));
}

export async function saveCursor(
  database: Queryable,
  { name, value }: Cursor,
  signal?: AbortSignal,
): Promise<void> {
  await database.query(
    `INSERT INTO cursors (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value, updated_at = now()`,
    [name, cleanText(value)],
    callOptions(signal),
  );
}

export async function readCursor(
  database: Database,
  name: string,
  signal?: AbortSignal,
): Promise<string | null> {
  const { rows } = await database.query<{ value: string }>(
    'SELECT value FROM cursors WHERE name = $1',
    [name],
    { isIdempotent: true, ...callOptions(signal) },
  );
  return rows[0]?.value ?? null;
}

function recordOf({ conditionId, verdict, resolvedAtMs, detectionMethod }: Resolution) {
  return {
    condition_id: conditionId,
    verdict: verdict.kind,
    ...detailsOf(verdict),
    resolved_at: resolvedAtMs === null ? null : new Date(resolvedAtMs).toISOString(),
    detection_method: detectionMethod,
  };
}

function detailsOf(verdict: Verdict): Record<string, unknown> {
  switch (verdict.kind) {
    case 'won': {
      const { outcome, winnerTokenId, payoutPrice } = verdict;
      return { outcome, winner_token_id: winnerTokenId, payout_price: payoutPrice };
    }
    case 'split':
      return { payouts: verdict.payouts };
    case 'void':
      return {};
    case 'proposed':
    case 'disputed':
      return { outcome: verdict.outcome };
  }
}

/**
 * A final verdict gives way to another final one only: a slower source still tells of the dispute.
 * What told it, and when it was decided, is no change by itself.
 */
const upsert = `
WITH changed AS (
  INSERT INTO resolutions AS known (condition_id, verdict, outcome, winner_token_id, resolved_at,
    payout_price, payouts, detection_method)
  SELECT condition_id, verdict, outcome, winner_token_id, resolved_at, payout_price, payouts,
    detection_method
  FROM jsonb_to_recordset($1::jsonb) AS given (condition_id text, verdict text, outcome text,
    winner_token_id text, resolved_at timestamptz, payout_price numeric, payouts numeric[],
    detection_method text)
  ON CONFLICT (condition_id) DO UPDATE SET
    verdict = excluded.verdict, outcome = excluded.outcome,
    winner_token_id = excluded.winner_token_id, resolved_at = excluded.resolved_at,
    payout_price = excluded.payout_price, payouts = excluded.payouts,
    detection_method = excluded.detection_method, updated_at = now()
  WHERE (known.verdict, known.outcome, known.winner_token_id, known.payout_price, known.payouts)
      IS DISTINCT FROM (excluded.verdict, excluded.outcome, excluded.winner_token_id,
        excluded.payout_price, excluded.payouts)
    AND NOT (known.is_final AND excluded.verdict IN ('proposed', 'disputed'))
  RETURNING *
), history AS (
  INSERT INTO resolution_history (condition_id, verdict, outcome, winner_token_id, resolved_at,
    payout_price, payouts, detection_method)
  SELECT condition_id, verdict, outcome, winner_token_id, resolved_at, payout_price, payouts,
    detection_method FROM changed
), closed AS (
  UPDATE markets SET closed = true, updated_at = now()
  FROM changed WHERE markets.condition_id = changed.condition_id AND changed.is_final
    AND NOT markets.closed
)
SELECT FROM changed`;
