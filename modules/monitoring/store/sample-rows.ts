/** Samples as rows of the tables `samples` and `process_samples`, and back. */
import type { ProcessShare } from '../sample.ts';
import type { StoredSample } from '../store.ts';
import { type Stress, type StressPart, stressParts } from '../stress.ts';
import { figureAt, sampleColumns, sampleOf, samplePaths } from './sample-columns.ts';

/** A row as JSON gives it, or the database. */
export type Row = Readonly<Record<string, unknown>>;

const processColumns = {
  pid: ['pid', 'integer'],
  startTicks: ['start_ticks', 'bigint'],
  name: ['name', 'text'],
  state: ['state', 'text'],
  module: ['module', 'text'],
  cpuPercent: ['cpu_pct', 'double precision'],
  waitPercent: ['wait_pct', 'double precision'],
  memoryBytes: ['mem_bytes', 'double precision'],
  memoryPercent: ['mem_pct', 'double precision'],
  readBytesPerSecond: ['io_read', 'double precision'],
  writtenBytesPerSecond: ['io_write', 'double precision'],
  majorFaultsPerSecond: ['major_faults', 'double precision'],
  isSuspect: ['is_suspect', 'boolean'],
} as const satisfies Record<keyof ProcessShare, readonly [name: string, type: string]>;

const processKeys = Object.keys(processColumns) as (keyof ProcessShare)[];
const processNames = processKeys.map((key) => processColumns[key][0]);
const processTypes = processKeys.map((key) => processColumns[key].join(' '));

const stressColumns = ['total', ...stressParts].map((part) => `stress_${part}`);
const figureNames = samplePaths.map((path) => sampleColumns[path]);
const figureTypes = samplePaths.map((path) => {
  const type = path === 'thermal.isThrottled' ? 'boolean' : 'double precision';
  return `${sampleColumns[path]} ${type}`;
});
const names = [...figureNames, ...stressColumns, 'stress_reasons'];
const types = [
  'at timestamptz',
  ...figureTypes,
  ...stressColumns.map((name) => `${name} double precision`),
  'stress_reasons jsonb',
  'processes jsonb',
];

/** `$1` the host, `$2` rows of `sampleRow` as one text of JSON. A moment that is there stays as it is. */
export const insertSamples = `
WITH given AS (
  SELECT DISTINCT ON (at) * FROM jsonb_to_recordset($2::text::jsonb) AS row (${types.join(', ')})
), added AS (
  INSERT INTO samples (host, at, ${names.join(', ')})
  SELECT $1, at, ${names.join(', ')} FROM given
  ON CONFLICT DO NOTHING
  RETURNING at
)
INSERT INTO process_samples (host, at, rank, ${processNames.join(', ')})
SELECT $1, given.at, process.rank, ${processNames.map((name) => `process.${name}`).join(', ')}
FROM given JOIN added USING (at)
CROSS JOIN LATERAL jsonb_to_recordset(given.processes)
  AS process (rank smallint, ${processTypes.join(', ')})`;

/** `$1` the host, `$2` after, `$3` until, both in milliseconds, `$4` how many. */
export const selectSamples = `
SELECT s.*, coalesce((
  SELECT jsonb_agg(to_jsonb(p) ORDER BY p.rank) FROM process_samples p
  WHERE p.host = s.host AND p.at = s.at
), '[]') AS processes
FROM samples s
WHERE s.host = $1
  AND s.at > to_timestamp($2::float8 / 1000) AND s.at <= to_timestamp($3::float8 / 1000)
ORDER BY s.at LIMIT $4`;

export function sampleRow({ sample, stress, processes }: StoredSample): Row {
  return {
    at: new Date(sample.atMs).toISOString(),
    ...Object.fromEntries(samplePaths.map((path) => [sampleColumns[path], figureAt(sample, path)])),
    ...stressRow(stress),
    processes: processes.map((process, rank) => ({
      rank,
      ...Object.fromEntries(processKeys.map((key) => [processColumns[key][0], process[key]])),
    })),
  };
}

export function storedSampleOf(row: Row): StoredSample {
  const figure = (name: string) => row[name] as number | boolean | null;
  return {
    sample: sampleOf((row['at'] as Date).getTime(), (path) => figure(sampleColumns[path])),
    stress: stressOf(row),
    processes: (row['processes'] as Row[]).map(processOf),
  };
}

export function stressRow({ total, parts, reasons }: Stress): Row {
  return {
    stress_total: total,
    ...Object.fromEntries(stressParts.map((part) => [`stress_${part}`, parts[part]])),
    stress_reasons: reasons.length === 0 ? null : reasons,
  };
}

export function stressOf(row: Row): Stress {
  const parts = stressParts.map((part) => [part, row[`stress_${part}`] as number] as const);
  return {
    total: row['stress_total'] as number,
    parts: Object.fromEntries(parts) as Record<StressPart, number>,
    reasons: (row['stress_reasons'] ?? []) as readonly string[],
  };
}

function processOf(row: Row): ProcessShare {
  const fields = processKeys.map((key) => [key, row[processColumns[key][0]]] as const);
  return Object.fromEntries(fields) as unknown as ProcessShare;
}
