/**
 * Whether a daemon has the home although nothing answers where it should: it has just begun, it is
 * nearly gone, or somebody removed its socket or its endpoint file.
 */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { lockSocketName } from '../config/paths.ts';

const pollMs = 25;
const answerTimeoutMs = 1000;

/**
 * Resolves with null as soon as no daemon has the home, and with what is known of the one that still
 * has it after `timeoutMs`, such as `pid 4711`. Off Linux the lock tells nothing: null at once.
 *
 * @throws the signal's reason when it is aborted
 */
export async function silentDaemon(
  home: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | null> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const holder = await lockHolder(home);
    if (holder === null || performance.now() >= deadlineMs) return holder;
    await delay(pollMs, undefined, { signal });
  }
}

async function lockHolder(home: string): Promise<string | null> {
  if (process.platform !== 'linux') return null;
  try {
    const socket = connect(lockSocketName(home));
    socket.setTimeout(answerTimeoutMs, () => socket.destroy());
    return `pid ${(await text(socket)).trim()}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // ENOENT: there is no such home.
    if (code === 'ECONNREFUSED' || code === 'ENOENT') return null;
    // It has the lock and hangs, or ends at this very moment: the next look tells which.
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE') return 'pid unknown';
    throw error;
  }
}
