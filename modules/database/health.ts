/** Whether the database works, and what is said to whoever looks. */
import type { Health } from '../api/health.ts';
import { type Figures, freeBytes, readFigures } from './figures.ts';

export interface Watched {
  readonly url: string;
  /** Of the embedded server; null of another's. */
  readonly folder: string | null;
}

const askMs = 3000;
/** The server itself needs a segment of 16 MB now and then; below this it is about to refuse writes. */
const freeBytesMin = 128 * 1024 * 1024;
/** Of the connections there are, when new ones are about to be refused. */
const connectionShareMax = 0.9;

/** Asks the server; an answer that does not come is trouble, too. */
export async function databaseHealth(watched: Watched): Promise<Health> {
  const free = watched.folder === null ? null : freeBytes(watched.folder);
  try {
    return judge(await readFigures(watched.url, askMs), free, watched.folder !== null);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = `the database does not answer: ${why}`;
    // Of another's server nothing here is to be restarted.
    return { healthy: false, reason, restartHelps: watched.folder !== null };
  }
}

/** Pure. @param free bytes on the disk of its data; null where that is not ours to see */
export function judge(figures: Figures, free: number | null, isEmbedded: boolean): Health {
  const details = {
    server: isEmbedded ? 'embedded' : 'external',
    version: figures.version,
    uptime: Math.round(figures.uptimeS),
    connections: figures.connections,
    connections_max: figures.connectionsMax,
    size_bytes: figures.sizeBytes,
    ...(free === null ? {} : { free_bytes: free }),
  };
  const trouble = troubleOf(figures, free);
  if (trouble === null) return { healthy: true, details, lastActivity: new Date() };
  // A restart would end everybody's connections and make no room.
  return { healthy: false, reason: trouble, restartHelps: false, details };
}

function troubleOf({ connections, connectionsMax }: Figures, free: number | null): string | null {
  if (free !== null && free < freeBytesMin)
    return `the disk of the database is full: ${Math.floor(free / 1024 / 1024)} MB are free — free some space, nothing that was committed is lost`;
  if (connections > connectionsMax * connectionShareMax)
    return `${connections} of ${connectionsMax} connections are in use: new ones are about to be refused — lower connection_pool.max_connections`;
  return null;
}
