/** A server that serves our folder already: of an earlier run, which ended without ending it. */
import { setTimeout as delay } from 'node:timers/promises';
import { livingPostmaster, type Postmaster, worksIn } from './cluster-processes.ts';
import { Server, type ServerOptions } from './server.ts';
import type { Listening } from './settings.ts';

const pollMs = 250;

/**
 * The one that runs, when it answers at the place where modules look for it. Any other is ended: there
 * must be one. Null when there is none, or none any more.
 */
export async function adoptServer(options: ServerOptions): Promise<Server | null> {
  const { cluster, listening, log } = options;
  const found = livingPostmaster(cluster);
  if (found === null) return null;
  const { pid } = found;
  const server = new Server(pid, endOf(pid, cluster), options);
  if (isThere(found, listening)) {
    if ((await server.answers()) !== null) return null;
    log.info('a server that serves this folder already is adopted', { pid });
    return server;
  }
  const where = found.socketFolder;
  log.warn('a server has this folder, but serves it elsewhere: it is ended', { pid, where });
  await server.stop();
  return null;
}

function isThere({ socketFolder }: Postmaster, listening: Listening): boolean {
  return listening.kind === 'port' || listening.folder === socketFolder;
}

/** Its exit is another's to know. */
async function endOf(pid: number, cluster: string): Promise<string> {
  while (worksIn(cluster, pid)) await delay(pollMs, undefined, { ref: false });
  return 'it is gone';
}
