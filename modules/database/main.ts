/** The database module as a program: runs the embedded PostgreSQL, or watches the one that is set. */
import { join } from 'node:path';
import { connectModule, log } from '../api/module.ts';
import { binaryPlaces } from './binaries.ts';
import { ConfigurationError } from './configuration-error.ts';
import { clusterFolder, openEmbedded } from './embedded.ts';
import { awaitExternal } from './external.ts';
import { databaseHealth, type Watched } from './health.ts';
import { jobMethods } from './jobs.ts';
import type { Server } from './server.ts';
import { databaseStatus } from './status.ts';

/** The daemon does not start a module again that ended with it. */
const configurationErrorExitCode = 78;

const url = process.env['SUPERBOT_DATABASE_URL'] ?? '';
const dataDir = join(process.env['SUPERBOT_HOME'] ?? '.', 'data', 'database');
const ending = new AbortController();
let opening: Promise<Server | null> | null = null;

const link = connectModule({
  methods: {
    'database.status': async () => databaseStatus(url, await watched),
    ...jobMethods({ url, link: () => link }),
  },
});
const watched = whatIsWatched();
link.onShutdown(async () => {
  ending.abort(new Error('the module was asked to end'));
  // Why it failed is told below.
  const server = await opening?.catch(() => null);
  if (server) log.info('the server has ended', { after: await server.stop() });
});

try {
  opening = open();
  const server = await opening;
  link.onHealth(async () => databaseHealth(await watched));
  link.ready();
  if (server !== null) void server.ended.then((how) => onEnd(server, how));
} catch (error) {
  if (!ending.signal.aborted) giveUp(error);
}

async function open(): Promise<Server | null> {
  if (url === '')
    throw new ConfigurationError(
      'SUPERBOT_DATABASE_URL is not set: the daemon sets it for a module of superbot:database — start this one through the daemon, whose log says what is wrong',
    );
  if ((await watched).folder === null) {
    await awaitExternal(url, log, ending.signal);
    log.info("the database answers: it is another's, and is watched only");
    return null;
  }
  const places = binaryPlaces(process.env, dataDir);
  return openEmbedded({ dataDir, url, places, log, signal: ending.signal });
}

/** The daemon's configuration says whose database it is. */
async function whatIsWatched(): Promise<Watched> {
  const path = 'infrastructure.database';
  const { value } = (await link.call('config.get', { path })) as { value: { url: string | null } };
  return { url, folder: value.url === null ? clusterFolder(dataDir) : null };
}

/** The daemon's policy starts the module again, and with it another server. */
function onEnd(server: Server, how: string): void {
  if (ending.signal.aborted) return;
  log.error(`the database server has ended: ${how}`, { last_words: server.lastLines() });
  process.exit(1);
}

function giveUp(error: unknown): never {
  log.error(error instanceof Error ? error.message : String(error), { error });
  process.exit(error instanceof ConfigurationError ? configurationErrorExitCode : 1);
}
