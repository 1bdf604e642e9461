/** The answer to `database.status`. */
import { RpcError } from '../api/module.ts';
import { addressOf } from './ask.ts';
import { readFigures } from './figures.ts';
import type { Watched } from './health.ts';

const askMs = 5000;

/** Rejects with error -32004 when the database does not answer. */
export async function databaseStatus(url: string, { folder }: Watched): Promise<object> {
  try {
    const { version, uptimeS, connections, connectionsMax, sizeBytes } = await readFigures(
      url,
      askMs,
    );
    return {
      server: folder === null ? 'external' : 'embedded',
      version,
      uptime: uptimeS,
      connections,
      connections_max: connectionsMax,
      size_bytes: sizeBytes,
      data_folder: folder,
      ...shownAddress(url),
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RpcError('notRunning', `the database does not answer: ${why}`);
  }
}

/** Never with the password. */
function shownAddress(url: string): { host: string; database: string; user: string } {
  const { host, database, user } = addressOf(url);
  return { host, database, user };
}
