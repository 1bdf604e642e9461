/** Happenings as rows of the table `events`, and back. */
import type { Culprit, Happening, HappeningKind, Pause, PauseCause } from '../happening.ts';
import { stressParts } from '../stress.ts';
import { type Row, stressOf, stressRow } from './sample-rows.ts';

const types = {
  id: 'bigint',
  kind: 'text',
  at: 'timestamptz',
  duration_ms: 'double precision',
  pause_cause: 'text',
  pause_actual_ms: 'double precision',
  pause_expected_ms: 'double precision',
  pause_excess_ms: 'double precision',
  pause_latency_ratio: 'double precision',
  ...Object.fromEntries(
    ['total', ...stressParts].map((part) => [`stress_${part}`, 'double precision']),
  ),
  stress_reasons: 'jsonb',
  culprits: 'jsonb',
  event_dir: 'text',
  notes: 'text',
};
const names = Object.keys(types);
const typed = Object.entries(types).map(([name, type]) => `${name} ${type}`);

/**
 * `$1` the host, `$2` an `eventRow` as text of JSON. Brings up to date what is there; gives no row when
 * that is another happening.
 */
export const upsertEvent = `
INSERT INTO events AS event (host, ${names.join(', ')})
SELECT $1, ${names.join(', ')} FROM jsonb_to_record($2::text::jsonb) AS row (${typed.join(', ')})
ON CONFLICT (host, id) DO UPDATE SET
  ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
WHERE event.kind = excluded.kind AND event.at = excluded.at
RETURNING id`;

/** `$1` the host, `$2` kinds or null, `$3` since, in milliseconds, `$4` how many. */
export const selectEvents = `
SELECT * FROM events
WHERE host = $1 AND ($2::text[] IS NULL OR kind = ANY ($2))
  AND at >= to_timestamp($3::float8 / 1000)
ORDER BY id DESC LIMIT $4`;

export function eventRow(happening: Happening): Row {
  const { id, kind, atMs, durationMs, pause, stress, culprits, folder, notes } = happening;
  return {
    id,
    kind,
    at: new Date(atMs).toISOString(),
    duration_ms: durationMs,
    pause_cause: pause?.cause ?? null,
    pause_actual_ms: pause?.actualMs ?? null,
    pause_expected_ms: pause?.expectedMs ?? null,
    pause_excess_ms: pause?.excessMs ?? null,
    pause_latency_ratio: pause?.latencyRatio ?? null,
    ...stressRow(stress),
    culprits,
    event_dir: folder,
    notes,
  };
}

export function happeningOf(row: Row): Happening {
  return {
    id: Number(row['id']),
    kind: row['kind'] as HappeningKind,
    atMs: (row['at'] as Date).getTime(),
    durationMs: row['duration_ms'] as number | null,
    pause: pauseOf(row),
    stress: stressOf(row),
    culprits: row['culprits'] as readonly Culprit[],
    folder: row['event_dir'] as string | null,
    notes: row['notes'] as string,
  };
}

function pauseOf(row: Row): Pause | null {
  if (row['pause_cause'] === null) return null;
  return {
    cause: row['pause_cause'] as PauseCause,
    actualMs: row['pause_actual_ms'] as number,
    expectedMs: row['pause_expected_ms'] as number,
    excessMs: row['pause_excess_ms'] as number,
    latencyRatio: row['pause_latency_ratio'] as number,
  };
}
