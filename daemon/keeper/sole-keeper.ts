/**
 * One keeper per home and protocol version: two would read the same pipes and shred each other's lines. As the daemon's
 * own lock this is a listening abstract Unix socket (unix(7)), which dies with its holder.
 */
import { statSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { hasProc } from '../processes.ts';
import { protocolVersion } from './protocol.ts';

/** A predecessor that was killed, or that is just leaving, is gone within this time. */
const patienceMs = 2000;
const retryMs = 20;

/** Resolves when this process is the only keeper, until it ends. Does nothing off Linux. */
export async function becomeSoleKeeper(home: string): Promise<void> {
  if (!hasProc) return;
  // Not of `run/`: a clean-up script that removes it must not make room for a second keeper.
  const { dev, ino } = statSync(home);
  for (
    let leftMs = patienceMs;
    !(await holds(`\0superbot-keeper-${protocolVersion}/${dev}/${ino}`));
  ) {
    if (leftMs <= 0) throw new Error(`another keeper serves "${home}" and does not leave`);
    await delay(retryMs);
    leftMs -= retryMs;
  }
}

function holds(name: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false);
      else reject(error);
    });
    server.listen(name, () => resolve(true));
  });
}
