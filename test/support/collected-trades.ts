// Whether a collector has stored exactly what the simulated venue did: the database that is asked
// compares, so that millions of rows do not have to travel twice.
import type pg from 'pg';
import type { LedgerRow } from '../simulators/polymarket/ledger.ts';

export interface Comparison {
  /** Fills that the venue made. */
  readonly made: number;
  readonly stored: number;
  /** Made and not stored. */
  readonly lost: number;
  /** Stored more often than made, or never made. */
  readonly doubled: number;
  /** Stored with a time that is neither that of the match nor that of the block. */
  readonly mistimed: number;
  /** A few of what differs, for whoever looks for the reason. */
  readonly examples: readonly string[];
}

/**
 * Compares row by row: token, side, price, size and transaction, as often as it was made, at one of
 * its two times. A trade that came without a hash on the stream may be stored without.
 */
export async function compareTrades(
  client: pg.Client,
  schema: string,
  pages: AsyncIterable<readonly LedgerRow[]>,
): Promise<Comparison> {
  await client.query('DROP TABLE IF EXISTS pg_temp.made');
  await client.query(`CREATE TEMP TABLE made (
    trade uuid, token text, hash text, matched timestamptz, block timestamptz)`);
  for await (const rows of pages) await insert(client, rows);
  await client.query('ANALYZE made');
  await client.query('DROP TABLE IF EXISTS pg_temp.stored');
  await client.query(`CREATE TEMP TABLE stored AS
    SELECT ${identity('t', 'CASE WHEN h.hash IS NULL THEN t.transaction_hash END')} AS trade, t.ts
    FROM ${client.escapeIdentifier(schema)}.trades t
    LEFT JOIN (SELECT DISTINCT hash FROM made WHERE hash IS NOT NULL) h
      ON h.hash = t.transaction_hash`);
  const { rows } = await client.query<Record<keyof Omit<Comparison, 'examples'>, string>>(`
    WITH m AS (SELECT trade, count(*) n FROM made GROUP BY trade),
         s AS (SELECT trade, count(*) n FROM stored GROUP BY trade)
    SELECT (SELECT count(*) FROM made) made, (SELECT count(*) FROM stored) stored,
      coalesce(sum(greatest(coalesce(m.n, 0) - coalesce(s.n, 0), 0)), 0) lost,
      coalesce(sum(greatest(coalesce(s.n, 0) - coalesce(m.n, 0), 0)), 0) doubled,
      (SELECT count(*) FROM stored WHERE trade IN (SELECT trade FROM made) AND NOT EXISTS (
        SELECT FROM made WHERE made.trade = stored.trade AND stored.ts IN (matched, block))) mistimed
    FROM m FULL JOIN s USING (trade)`);
  const [figures] = rows;
  if (!figures) throw new Error('cannot compare the trades: the database gave no figures');
  return {
    made: Number(figures.made),
    stored: Number(figures.stored),
    lost: Number(figures.lost),
    doubled: Number(figures.doubled),
    mistimed: Number(figures.mistimed),
    examples: await differences(client),
  };
}

async function insert(client: pg.Client, rows: readonly LedgerRow[]): Promise<void> {
  await client.query(
    `INSERT INTO made
     SELECT ${identity('t', 'CASE WHEN on_stream THEN t.transaction_hash END')}, left(t.token_id, 8),
       CASE WHEN on_stream THEN NULL ELSE t.transaction_hash END,
       to_timestamp(matched / 1000.0), to_timestamp(block / 1000.0)
     FROM unnest($1::text[], $2::text[], $3::numeric[], $4::numeric[], $5::text[], $6::boolean[],
                 $7::float8[], $8::float8[])
       t(token_id, side, price, size, transaction_hash, on_stream, matched, block)`,
    [
      rows.map(({ tokenId }) => tokenId),
      rows.map(({ side }) => side),
      rows.map(({ price }) => price),
      rows.map(({ size }) => size),
      rows.map(({ transactionHash }) => transactionHash),
      rows.map(({ hasHashOnStream }) => hasHashOnStream),
      rows.map(({ atMs }) => atMs),
      rows.map(({ blockMs }) => blockMs),
    ],
  );
}

/** What makes two rows the same trade, in 16 bytes. */
function identity(row: string, hash: string): string {
  const parts = [
    `${row}.token_id`,
    `${row}.side`,
    `trim_scale(${row}.price)`,
    `trim_scale(${row}.size)`,
    `coalesce(${hash}, '')`,
  ];
  return `md5(concat_ws('/', ${parts.join(', ')}))::uuid`;
}

async function differences(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ text: string }>(`
    WITH m AS (SELECT trade, min(token) token, count(*) n, min(matched) at FROM made GROUP BY trade),
         s AS (SELECT trade, count(*) n, min(ts) at FROM stored GROUP BY trade),
         other AS (
           SELECT coalesce(m.token, 'of none') token, coalesce(m.n, 0) made, coalesce(s.n, 0) stored,
             coalesce(m.at, s.at) at
           FROM m FULL JOIN s USING (trade) WHERE m.n IS DISTINCT FROM s.n)
    SELECT format('token %s…: made %s, stored %s, from %s to %s',
      token, sum(made), sum(stored), min(at), max(at)) AS text
    FROM other GROUP BY token ORDER BY min(at) LIMIT 12`);
  return rows.map(({ text }) => text);
}
