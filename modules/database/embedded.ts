/** From a folder and a URL to a server that answers there: what is missing is made on the way. */
import { lchownSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../api/log.ts';
import { adoptServer } from './adopt-server.ts';
import { addressOf, ask, isWrongPassword } from './ask.ts';
import { type BinaryPlaces, findBinaries } from './binaries.ts';
import { hasCluster, makeCluster, ownerOf } from './cluster.ts';
import { reachableBinaries } from './command.ts';
import { postgresEnvironment } from './environment.ts';
import { keepNewest } from './log-files.ts';
import { identifier, literal, setPassword } from './password.ts';
import { chooseRunAs, handOver, type RunAs } from './run-as.ts';
import type { Server, ServerOptions } from './server.ts';
import { type Listening, logFolder } from './settings.ts';
import { startServer } from './start-server.ts';

export interface EmbeddedOptions {
  /** Holds the password already, and whatever else is kept of the database. */
  readonly dataDir: string;
  readonly url: string;
  readonly places: BinaryPlaces;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** With the port that a socket has in its name though there is none. */
const socketName = '.s.PGSQL.5432';
const logFilesKept = 5;
const pruneEveryMs = 60_000;

/** The folder of the cluster within that of the database. */
export function clusterFolder(dataDir: string): string {
  return join(dataDir, 'pg');
}

/**
 * A server that has the database of the URL. Rejects as `startServer`, and with a ConfigurationError
 * when there is none to run, or none that reads the files.
 */
export async function openEmbedded(options: EmbeddedOptions): Promise<Server> {
  const { dataDir, url, log, signal } = options;
  const cluster = clusterFolder(dataDir);
  const { user, password, host } = addressOf(url);
  const env = postgresEnvironment(options.places.env);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const found = await findBinaries(options.places);
  const isNew = !hasCluster(cluster, found);
  const as = await chooseRunAs(ownerOf(cluster));
  const binaries = reachableBinaries(found, as);
  log.info('PostgreSQL found', { version: found.version, folder: binaries.folder, as: as.kind });
  signal.throwIfAborted();
  if (isNew) {
    const beganMs = performance.now();
    const passwordFile = join(dataDir, 'password');
    await makeCluster({ binaries, as, folder: cluster, passwordFile, user, env, signal });
    log.info('a new database was made', {
      folder: cluster,
      ms: Math.round(performance.now() - beganMs),
    });
  }
  prepareFolders({ as, dataDir, socketFolder: host });
  const server: ServerOptions = {
    ...{ binaries, as, cluster, url, log, env, signal },
    listening: listening(as, url, dataDir),
  };
  const running = await opened(server, { user, password });
  await ensureDatabase(url);
  pruneLogs(join(cluster, logFolder), log);
  return running;
}

/** The one that runs, or a new one, that takes the password of the URL. */
async function opened(
  options: ServerOptions,
  credentials: { readonly user: string; readonly password: string },
): Promise<Server> {
  const beganMs = performance.now();
  const open = async () => (await adoptServer(options)) ?? (await startServer(options));
  const server = await open().catch(async (error: unknown) => {
    if (!isWrongPassword(error)) throw error;
    options.log.warn('the password of the database is not the one in its file: it is set anew');
    await setPassword({ ...options, ...credentials });
    return startServer(options);
  });
  const ms = Math.round(performance.now() - beganMs);
  options.log.info('the server answers', { pid: server.pid, ms });
  return server;
}

/** What the server writes to must belong to whom it is run as; all the rest stays as it is. */
function prepareFolders(of: { as: RunAs; dataDir: string; socketFolder: string }): void {
  const { as, dataDir, socketFolder } = of;
  if (as.kind !== 'user') return;
  handOver(dataDir, as);
  if (socketFolder !== dataDir) {
    lchownSync(socketFolder, as.uid, as.gid);
    return;
  }
  // He reaches the cluster alone, so that the socket is there, and here the way to it.
  const socket = join(dataDir, socketName);
  rmSync(socket, { force: true });
  symlinkSync(join(clusterFolder(dataDir), socketName), socket);
}

function listening(as: RunAs, url: string, dataDir: string): Listening {
  const { host, port } = addressOf(url);
  if (!host.startsWith('/')) return { kind: 'port', port };
  const isClosed = as.kind === 'user' && host === dataDir;
  return { kind: 'socket', folder: isClosed ? '/proc/self/cwd' : host };
}

async function ensureDatabase(url: string): Promise<void> {
  const { database, user } = addressOf(url);
  const asked = `SELECT 1 FROM pg_database WHERE datname = ${literal(database)}`;
  if ((await ask(url, asked, { database: 'postgres' })).length > 0) return;
  const make = `CREATE DATABASE ${identifier(database)} OWNER ${identifier(user)}`;
  await ask(url, make, { database: 'postgres', timeoutMs: 60_000 });
}

/** By itself it would write a new file for each start and each day, and keep all. */
function pruneLogs(folder: string, log: Logger): void {
  const prune = () => {
    try {
      keepNewest(folder, logFilesKept);
    } catch (error) {
      log.warn('cannot remove old logs of the server', { error, folder });
    }
  };
  prune();
  setInterval(prune, pruneEveryMs).unref();
}
