/** What a server says of itself, for health and status. */
import { statfsSync } from 'node:fs';
import { ask } from './ask.ts';

export interface Figures {
  readonly version: string;
  readonly uptimeS: number;
  readonly connections: number;
  readonly connectionsMax: number;
  /** Of the one database. */
  readonly sizeBytes: number;
}

const question = `
SELECT current_setting('server_version') AS version,
  extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8 AS uptime,
  (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int AS connections,
  current_setting('max_connections')::int AS connections_max,
  pg_database_size(current_database())::float8 AS size_bytes`;

/** Rejects when the server does not answer in time. */
export async function readFigures(url: string, timeoutMs: number): Promise<Figures> {
  const [row] = await ask(url, question, { timeoutMs });
  if (row === undefined) throw new Error('the server has said nothing of itself');
  return {
    // Debian appends its own package's version.
    version: String(row['version']).split(' ')[0] ?? '',
    uptimeS: Number(row['uptime']),
    connections: Number(row['connections']),
    connectionsMax: Number(row['connections_max']),
    sizeBytes: Number(row['size_bytes']),
  };
}

/** For whom runs the server as. */
export function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
