import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs';
import { connect, type ListenOptions, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { formatEndpoint } from './endpoint.ts';
import { hasCode } from './system-error.ts';

/** Where to listen. A TCP port that is taken gives way to a free one; port 0 asks for a free one. */
export type ListenAddress =
  { transport: 'unix'; path: string } | { transport: 'tcp'; host: string; port: number };

/** A server that listens, and how its socket file goes away again. */
export interface Listening {
  /** `unix:<path>` or `tcp:127.0.0.1:<port>`, as in the home's endpoint file. */
  readonly endpoint: string;
  /** False when clients cannot find it any more, because its socket file is gone or another's. */
  isInPlace(): boolean;
  /** Removes the socket file if it is still ours. */
  remove(): Promise<void>;
}

/** The longest socket path in bytes; Node cuts a longer one off without a word. */
export const socketPathBytesMax = process.platform === 'darwin' ? 103 : 107;

export function listen(server: Server, address: ListenAddress): Promise<Listening> {
  return address.transport === 'unix'
    ? listenUnix(server, address.path)
    : listenTcp(server, address.host, address.port);
}

/**
 * Bound under a short temporary name with mode 0600 and renamed into place: a socket that can be
 * found can be connected to, and at no moment by another user.
 */
async function listenUnix(server: Server, path: string): Promise<Listening> {
  const temporary = join(dirname(path), `.${randomBytes(3).toString('hex')}`);
  requireShort(path);
  requireShort(temporary);
  await requireFree(path);
  const umask = process.umask(0o177);
  try {
    // A path is bound inside this call, so nothing else can be created under that umask.
    server.listen({ path: temporary, backlog: backlogMax });
  } finally {
    process.umask(umask);
  }
  await once(server, 'listening');
  const { ino } = lstatSync(temporary);
  renameSync(temporary, path);
  const isInPlace = () => statOrNull(path)?.ino === ino;
  return {
    endpoint: formatEndpoint({ transport: 'unix', path }),
    isInPlace,
    remove: () => {
      if (isInPlace()) removeSocket(path);
      return Promise.resolve();
    },
  };
}

/** On a disk that has become read-only it stays; who listens there next replaces it. */
function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!hasCode(error, 'EROFS', 'EACCES', 'EPERM', 'ENOENT')) throw error;
  }
}

async function listenTcp(server: Server, host: string, port: number): Promise<Listening> {
  if (host !== '127.0.0.1' && host !== 'localhost') {
    throw new Error(
      `cannot listen on ${host}: only the loopback address 127.0.0.1 is allowed — reach the daemon from elsewhere through an SSH tunnel`,
    );
  }
  try {
    await bindTcp(server, port);
  } catch (error) {
    if (!hasCode(error, 'EADDRINUSE')) throw error;
    await bindTcp(server, 0);
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    endpoint: formatEndpoint({ transport: 'tcp', port: address.port }),
    isInPlace: () => true,
    remove: () => Promise.resolve(),
  };
}

// Room for a crowd that connects in one moment before the first of them is accepted.
const backlogMax = 1024;

async function bindTcp(server: Server, port: number): Promise<void> {
  const options: ListenOptions = { host: '127.0.0.1', port, backlog: backlogMax };
  server.listen(options);
  await once(server, 'listening');
}

function requireShort(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes <= socketPathBytesMax) return;
  throw new Error(
    `cannot listen on ${path}: the path has ${bytes} bytes, a socket path may have ${socketPathBytesMax} — choose a shorter home or set daemon.ipc.socket_path`,
  );
}

/** A stale socket may be replaced; a live one, or a file of another kind, may not. */
async function requireFree(path: string): Promise<void> {
  const stats = statOrNull(path);
  if (stats === null) return;
  if (!stats.isSocket()) {
    throw new Error(`cannot listen on ${path}: a file that is no socket is in the way — move it`);
  }
  if (await isAnswered(path)) {
    throw new Error(
      `cannot listen on ${path}: another program already listens there — stop it first`,
    );
  }
}

async function isAnswered(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if (hasCode(error, 'ECONNREFUSED', 'ENOENT')) return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

/** Not in a thread: the daemon looks every two seconds, and an idle one shall be woken once for it. */
function statOrNull(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}
