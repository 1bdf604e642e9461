/** Removes old rows in steps that keep nobody waiting; processes before their samples. */
import type { DatabasePlace } from './database-place.ts';
import type { Pruned, PruneLimits } from '../store.ts';

/** Rows of one statement. */
const stepMax = 10_000;

export async function countOld(place: DatabasePlace, limits: PruneLimits): Promise<Pruned> {
  const beforeMs = limits.samplesBeforeMs;
  const samples = await rowsOf<{ count: string }>(
    place,
    'SELECT count(*) AS count FROM samples WHERE host = $1 AND at < to_timestamp($2::float8 / 1000)',
    beforeMs,
  );
  const events = await rowsOf<{ event_dir: string | null }>(
    place,
    'SELECT event_dir FROM events WHERE host = $1 AND at < to_timestamp($2::float8 / 1000)',
    limits.happeningsBeforeMs,
  );
  const happenings = events.length;
  return { samples: Number(samples[0]?.count ?? 0), happenings, folders: foldersOf(events) };
}

export async function removeOld(place: DatabasePlace, limits: PruneLimits): Promise<Pruned> {
  const beforeMs = limits.samplesBeforeMs;
  await removeRows(place, 'process_samples', beforeMs);
  const samples = await removeRows(place, 'samples', beforeMs);
  const events = await rowsOf<{ event_dir: string | null }>(
    place,
    'DELETE FROM events WHERE host = $1 AND at < to_timestamp($2::float8 / 1000) RETURNING event_dir',
    limits.happeningsBeforeMs,
  );
  return { samples, happenings: events.length, folders: foldersOf(events) };
}

async function removeRows(place: DatabasePlace, table: string, beforeMs: number): Promise<number> {
  for (let removed = 0; ;) {
    const rows = await rowsOf(
      place,
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
         SELECT ctid FROM ${table} WHERE host = $1 AND at < to_timestamp($2::float8 / 1000) LIMIT ${stepMax})) RETURNING 1`,
      beforeMs,
    );
    removed += rows.length;
    if (rows.length < stepMax) return removed;
  }
}

async function rowsOf<Row>(
  { database, host, reachMs }: DatabasePlace,
  text: string,
  beforeMs: number,
): Promise<readonly Row[]> {
  return (await database.query<Row>(text, [host, beforeMs], { reachMs })).rows;
}

function foldersOf(events: readonly { readonly event_dir: string | null }[]): string[] {
  return events.map((event) => event.event_dir).filter((folder) => folder !== null);
}
