/**
 * One daemon per home. On Linux the lock is a listening abstract Unix socket named from the home's
 * device and inode (unix(7)): it dies with its holder, cannot be stale, and tells who holds it.
 * Elsewhere it is an exclusive file that names the holder's process. See docs/decisions/004-lock.md.
 */
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
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
  const { dev, ino } = statSync(home);
  const name = `\0superbot/${dev}/${ino}`;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(`${process.pid}\n`);
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

function lockByFile(home: string): Lock {
  const path = join(home, 'lock');
  for (;;) {
    try {
      writeFileSync(path, JSON.stringify(identify(process.pid)), { flag: 'wx', mode: 0o600 });
      return {
        release: () => {
          rmSync(path, { force: true });
          return Promise.resolve();
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = JSON.parse(readFileSync(path, 'utf8')) as ProcessIdentity;
    if (isAlive(holder)) throw new AlreadyRunningError(home, holder.pid);
    rmSync(path, { force: true });
  }
}
