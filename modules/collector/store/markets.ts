/** Markets: brought up to date, and those that are to be collected or still to be decided. */
import type { Database } from '../../api/database.ts';
import type { Market, Token } from '../rows.ts';
import type { UnresolvedMarket } from '../store.ts';
import { callOptions } from './call-options.ts';
import { cleanJson } from './clean-text.ts';
import { chunksOf } from './sorting.ts';

const chunkRows = 500;
/** Of one question; a market has two tokens as a rule, and some have dozens. */
const tokensMax = 1_000_000;

/** Gives how many were new or have changed. */
export async function upsertMarkets(
  database: Database,
  markets: readonly Market[],
  signal?: AbortSignal,
): Promise<number> {
  const unique = [...new Map(markets.map((market) => [market.conditionId, market])).values()];
  // In one order, so that two writers never wait for each other.
  unique.sort((one, other) => (one.conditionId < other.conditionId ? -1 : 1));
  let changed = 0;
  for (const chunk of chunksOf(unique, chunkRows)) {
    const values = [cleanJson(chunk.map(recordOf))];
    const options = { isIdempotent: true, ...callOptions(signal) };
    changed += (await database.query(upsert, values, options)).count;
  }
  return changed;
}

/** Each token once, those of the busiest markets first. */
export async function activeTokens(
  database: Database,
  marketsMax: number,
  signal?: AbortSignal,
): Promise<readonly Token[]> {
  const { rows } = await database.query<{ token_id: string; condition_id: string }>(
    `SELECT token.id AS token_id, condition_id FROM (
       SELECT condition_id, clob_token_ids, volume_24h FROM markets WHERE active AND NOT closed
       ORDER BY volume_24h DESC NULLS LAST, condition_id LIMIT $1
     ) AS market, unnest(clob_token_ids) WITH ORDINALITY AS token (id, place)
     ORDER BY volume_24h DESC NULLS LAST, condition_id, place`,
    [marketsMax],
    { rowsMax: tokensMax, ...callOptions(signal) },
  );
  const tokens = new Map<string, Token>();
  for (const { token_id: tokenId, condition_id: conditionId } of rows) {
    if (!tokens.has(tokenId)) tokens.set(tokenId, { tokenId, conditionId });
  }
  return [...tokens.values()];
}

/** Of markets that are over, and were last changed since then: one that closed is among them. */
export function closedTokens(
  database: Database,
  sinceMs: number,
  signal?: AbortSignal,
): Promise<readonly Token[]> {
  return tokensSince(database, '(closed OR NOT active) AND updated_at', sinceMs, signal);
}

/** Of markets that were stored for the first time since then. */
export function foundTokens(
  database: Database,
  sinceMs: number,
  signal?: AbortSignal,
): Promise<readonly Token[]> {
  return tokensSince(database, 'created_at', sinceMs, signal);
}

async function tokensSince(
  database: Database,
  time: string,
  sinceMs: number,
  signal?: AbortSignal,
): Promise<readonly Token[]> {
  const { rows } = await database.query<{ token_id: string; condition_id: string }>(
    `SELECT token.id AS token_id, condition_id FROM markets, unnest(clob_token_ids) AS token (id)
     WHERE ${time} >= to_timestamp($1::float8 / 1000)`,
    [sinceMs],
    { rowsMax: tokensMax, ...callOptions(signal) },
  );
  return rows.map(({ token_id: tokenId, condition_id: conditionId }) => ({ tokenId, conditionId }));
}

export async function unresolvedMarkets(
  database: Database,
  { after, limit, nowMs }: { after: string | null; limit: number; nowMs: number },
  signal?: AbortSignal,
): Promise<readonly UnresolvedMarket[]> {
  const { rows } = await database.query<UnresolvedRow>(
    `SELECT condition_id, outcomes, clob_token_ids, end_date_iso FROM markets
     WHERE condition_id > $1 AND (closed OR end_date_iso < $2) AND NOT EXISTS (
       SELECT FROM resolutions r WHERE r.condition_id = markets.condition_id AND r.is_final)
     ORDER BY condition_id LIMIT $3`,
    [after ?? '', new Date(nowMs).toISOString(), limit],
    callOptions(signal),
  );
  return rows.map((row) => ({
    conditionId: row.condition_id,
    outcomes: row.outcomes,
    tokenIds: row.clob_token_ids,
    endDateIso: row.end_date_iso,
  }));
}

interface UnresolvedRow {
  readonly condition_id: string;
  readonly outcomes: readonly string[];
  readonly clob_token_ids: readonly string[];
  readonly end_date_iso: string | null;
}

function recordOf(market: Market): Record<string, unknown> {
  return {
    condition_id: market.conditionId,
    question: market.question,
    slug: market.slug,
    market_type: market.marketType,
    outcomes: market.outcomes,
    clob_token_ids: market.tokenIds,
    active: market.active,
    closed: market.closed,
    end_date_iso: market.endDateIso,
    volume_24h: market.volume24h,
  };
}

/**
 * A market with a final verdict stays closed, whatever the venue's list still says. A row that says
 * what is known is not written again; a volume alone that moved is.
 */
const upsert = `
INSERT INTO markets AS known (condition_id, question, slug, market_type, outcomes, clob_token_ids,
  active, closed, end_date_iso, volume_24h)
SELECT condition_id, question, slug, market_type, outcomes, clob_token_ids, active,
  closed OR EXISTS (SELECT FROM resolutions r WHERE r.condition_id = given.condition_id AND r.is_final),
  end_date_iso, volume_24h
FROM jsonb_to_recordset($1::jsonb) AS given (condition_id text, question text, slug text,
  market_type text, outcomes text[], clob_token_ids text[], active boolean, closed boolean,
  end_date_iso text, volume_24h numeric)
ON CONFLICT (condition_id) DO UPDATE SET
  question = excluded.question, slug = excluded.slug, market_type = excluded.market_type,
  outcomes = excluded.outcomes, clob_token_ids = excluded.clob_token_ids, active = excluded.active,
  closed = excluded.closed, end_date_iso = excluded.end_date_iso, volume_24h = excluded.volume_24h,
  updated_at = now()
WHERE (known.question, known.slug, known.market_type, known.outcomes, known.clob_token_ids,
    known.active, known.closed, known.end_date_iso, known.volume_24h)
  IS DISTINCT FROM (excluded.question, excluded.slug, excluded.market_type, excluded.outcomes,
    excluded.clob_token_ids, excluded.active, excluded.closed, excluded.end_date_iso,
    excluded.volume_24h)`;
