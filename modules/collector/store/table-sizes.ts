/** How much is stored, as `collector.status` tells it: quick, so the counts are the server's estimates. */
import type { Database } from '../../api/database.ts';
import { dayTables, dayText, partitionDay } from './days.ts';

const tables = [
  'markets',
  ...dayTables,
  'resolutions',
  'price_candles_1h',
  'trade_volume_1h',
  'quarantine',
];

/** Who asks wants to know how it is now, all the more while the database is away. */
const timeoutMs = 5000;

export async function readTableSizes(database: Database) {
  const { rows } = await database.query<SizeRow>(select, [tables], {
    isIdempotent: true,
    timeoutMs,
  });
  return rows.map(({ name, rows: count, bytes, partitions }) => {
    const table = dayTables.find((one) => one === name);
    const days = table === undefined ? [] : partitions.map((one) => partitionDay(table, one));
    const sorted = days.filter((day) => day !== null).sort((one, other) => one - other);
    const [oldest] = sorted;
    return {
      table: name,
      rows: Number(count),
      bytes: Number(bytes),
      partitions: partitions.length,
      oldest_day: oldest === undefined ? null : dayText(oldest),
    };
  });
}

interface SizeRow {
  readonly name: string;
  readonly rows: string;
  readonly bytes: string;
  readonly partitions: readonly string[];
}

/**
 * A table's statistics are lost in a crash of the server: they count from nothing then, and its growth
 * shows in its pages, of which the planner knows how many rows are on one.
 */
const select = `
SELECT given.name,
  coalesce(sum(greatest(stat.n_live_tup, leaf.reltuples, 0,
    CASE WHEN leaf.relpages > 0 AND stat.analyze_count + stat.autoanalyze_count
        + stat.vacuum_count + stat.autovacuum_count = 0
      THEN leaf.reltuples / leaf.relpages * pg_relation_size(leaf.oid)
        / current_setting('block_size')::integer
    END)), 0)::bigint::text AS rows,
  coalesce(sum(pg_total_relation_size(leaf.oid)), 0)::text AS bytes,
  array_remove(array_agg(CASE WHEN child.inhrelid IS NULL THEN NULL ELSE leaf.relname::text END), NULL)
    AS partitions
FROM unnest($1::text[]) WITH ORDINALITY AS given (name, place)
JOIN pg_class parent ON parent.oid = to_regclass(given.name)
LEFT JOIN pg_inherits child ON child.inhparent = parent.oid
JOIN pg_class leaf ON leaf.oid = coalesce(child.inhrelid, parent.oid)
LEFT JOIN pg_stat_user_tables stat ON stat.relid = leaf.oid
GROUP BY given.name, given.place
ORDER BY given.place`;
