/**
 * One process for each data folder. On Linux the lock is a name that the kernel gives to one process and
 * takes back at its end, so that nothing stale is ever left; elsewhere only the daemon sees to it that a
 * module does not run twice.
 */
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface FolderLock {
  release(): Promise<void>;
}

/** A process that was killed gives it back when the last copy of it is gone: what it was starting. */
const tryEveryMs = 20;
const triesMax = 10;

/** Null when another process has the folder, which must exist. */
export async function lockFolder(folder: string): Promise<FolderLock | null> {
  if (process.platform !== 'linux') return { release: () => Promise.resolve() };
  const { dev, ino } = statSync(folder, { bigint: true });
  for (let triesLeft = triesMax; triesLeft > 0; triesLeft -= 1) {
    const lock = await takeName(`\0superbot-monitoring-${dev}-${ino}`);
    if (lock !== null) return lock;
    if (triesLeft > 1) await delay(tryEveryMs);
  }
  return null;
}

function takeName(path: string): Promise<FolderLock | null> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(null);
      else reject(error);
    });
    server.listen({ path }, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => server.close(() => done())) });
    });
  });
}
