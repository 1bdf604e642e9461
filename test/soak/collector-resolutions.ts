import type { LedgerResolution } from '../simulators/polymarket/ledger.ts';
import { schema, type SoakHouse } from './collector-house.ts';

/** The tracker asks each 10 s, and faults of the venue may keep it from an answer. */
const knownMs = 90_000;

/** How many markets the venue has resolved some time ago, and how many the database has as it did. */
export async function comparedResolutions(
  house: SoakHouse,
  made: readonly LedgerResolution[],
): Promise<{ readonly made: number; readonly right: number; readonly wrong: number }> {
  const old = made.filter(
    ({ resolvedMs }) => resolvedMs !== null && resolvedMs < Date.now() - knownMs,
  );
  return house.withDatabase(async (client) => {
    const { rows } = await client.query<{ condition_id: string; winner_token_id: string | null }>(
      `SELECT condition_id, winner_token_id FROM ${schema}.resolutions`,
    );
    const stored = new Map(rows.map((row) => [row.condition_id, row.winner_token_id]));
    const known = old.filter(({ conditionId }) => stored.has(conditionId));
    const right = known.filter((row) => stored.get(row.conditionId) === row.winnerTokenId);
    return { made: old.length, right: right.length, wrong: known.length - right.length };
  });
}
