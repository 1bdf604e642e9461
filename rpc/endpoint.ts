import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { DaemonUnreachableError } from './errors.ts';
import { hasCode } from './system-error.ts';

/** Where a daemon answers. TCP is loopback only. */
export type Endpoint = { transport: 'unix'; path: string } | { transport: 'tcp'; port: number };

/** Reads `unix:<path>` or `tcp:127.0.0.1:<port>`; throws on anything else. */
export function parseEndpoint(text: string): Endpoint {
  if (text.startsWith('unix:') && text.length > 5) {
    return { transport: 'unix', path: text.slice(5) };
  }
  const port = Number(/^tcp:127\.0\.0\.1:(\d{1,5})$/.exec(text)?.[1]);
  if (port > 0 && port <= 65_535) return { transport: 'tcp', port };
  throw new Error(
    `cannot use the endpoint ${JSON.stringify(text.slice(0, 200))}: expected unix:<path> or tcp:127.0.0.1:<port>`,
  );
}

export function formatEndpoint(endpoint: Endpoint): string {
  return endpoint.transport === 'unix' ? `unix:${endpoint.path}` : `tcp:127.0.0.1:${endpoint.port}`;
}

/** The home directory: SUPERBOT_HOME, else ~/.superbot. */
export function defaultHome(env: NodeJS.ProcessEnv = process.env): string {
  const home = env['SUPERBOT_HOME'];
  return home === undefined || home === '' ? join(homedir(), '.superbot') : resolve(home);
}

/** Throws DaemonUnreachableError when no daemon has left its endpoint in the home. */
export function readEndpoint(home: string): string {
  const path = join(home, 'endpoint');
  const text = readLine(path);
  if (text === null) throw new DaemonUnreachableError(path, 'no_endpoint_file');
  return text;
}

/** What the home's endpoint file says; without one the socket in the home, where a daemon listens by default. */
export function homeEndpoint(home: string): string {
  const path = join(resolve(home), 'superbot.sock');
  return readLine(join(home, 'endpoint')) ?? formatEndpoint({ transport: 'unix', path });
}

/** The operator's token of the home, or null when there is none that we may read. */
export function readToken(home: string): string | null {
  return readLine(join(home, 'token'));
}

// Files of one line each: reading them without a promise spares a short command Node's fs/promises.
function readLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    // EISDIR: somebody has put a folder in its place.
    if (hasCode(error, 'ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR')) return null;
    throw error;
  }
}
