/**
 * One daemon per home. On Linux the lock is a listening abstract Unix socket named from the home's
 * device and inode (unix(7)): it dies with its holder, cannot be stale, and tells who holds it.
 * Elsewhere it is an exclusive file that names the holder's process. See docs/decisions/004-lock.md.
 */
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { lockSocketName } from '../config/paths.ts';
import { hasProc, identify, isAlive, type ProcessIdentity } from './processes.ts';

const answerTimeoutMs = 1000;

export interface Lock {
  release(): Promise<void>;
}

/** Another daemon has this home. */
export class AlreadyRunningError extends Error {
  /** Null when the holder did not say. */
  readonly pid: number | null;

  constructor(home: string, pid: number | null) {
    super(
      `a daemon is already running in "${home}" (pid ${pid ?? 'unknown'}) — stop it with: superbot-cli daemon stop`,
    );
    this.name = 'AlreadyRunningError';
    this.pid = pid;
  }
}

/** Rejects with an AlreadyRunningError when the home is taken. */
export function lockHome(home: string): Promise<Lock> {
  return hasProc ? lockBySocket(home) : Promise.resolve(lockByFile(home));
}

async function lockBySocket(home: string): Promise<Lock> {
  const name = lockSocketName(home);
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    // Destroyed as soon as the pid is out: anybody may connect, and nobody may hold the lock up.
    socket.end(`${process.pid}\n`, () => socket.destroy());
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(name, resolve);
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new AlreadyRunningError(home, await askHolder(name));
  }
  server.unref();
  return { release: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function askHolder(name: string): Promise<number | null> {
  const socket = connect(name);
  socket.setTimeout(answerTimeoutMs, () => socket.destroy());
  try {
    const pid = Number((await text(socket)).trim());
    return pid > 0 ? pid : null;
  } catch {
    // It ended in this very moment, or it hangs: its pid is only a help in the message.
    return null;
  }
}

/** Exported for its test, since Linux does not use it. */
export function lockByFile(home: string): Lock {
  const path = join(home, 'lock');
  const own = `${path}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  try {
    for (;;) {
      if (linked(own, path)) break;
      const holder = readIfThere(path);
      if (holder === null) continue;
      const identity = parseIdentity(holder);
      if (identity && isAlive(identity)) throw new AlreadyRunningError(home, identity.pid);
      removeStale(path, holder);
    }
  } finally {
    rmSync(own, { force: true });
  }
  return {
    release: () => {
      rmSync(path, { force: true });
      return Promise.resolve();
    },
  };
}

/** A link appears with its whole content at once, and only where no other one is. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** Null for what a power loss has left of it. */
function parseIdentity(content: string): ProcessIdentity | null {
  try {
    return JSON.parse(content) as ProcessIdentity | null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Taken aside first: another starter may have replaced it since, and then gets it back. */
function removeStale(path: string, content: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== content) linked(aside, path);
  rmSync(aside, { force: true });
}
