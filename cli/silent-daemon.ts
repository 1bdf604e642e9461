/**
 * A daemon that has the home although nothing answers where it should: it has just begun, it is
 * nearly gone, it hangs, or somebody removed its socket.
 */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { lockSocketName } from '../config/paths.ts';
import { errorCatalogue } from '../rpc/errors.ts';
import { hasCode } from '../rpc/system-error.ts';
import { CliError, exitStatus } from './failure.ts';
import { processIdentity } from './process-life.ts';

const pollMs = 50;
const lockTimeoutMs = 1000;
/** A daemon that serves restores its socket and its endpoint file within some two seconds. */
const restoredWithinMsDefault = 8000;

export interface SilentDaemon {
  readonly home: string;
  /** Of its process, where that is known: off Linux the lock tells nothing. */
  readonly pid: number | null;
}

interface Holder {
  /** Such as `pid 4711`. */
  readonly name: string;
  /** It has started, does not end yet, and says so. */
  readonly serves: boolean;
}

/**
 * Waits for what becomes of it: resolves with what `look` finds as soon as that is not null, and with
 * null as soon as no daemon has the home and its process is gone.
 *
 * @param look whether it answers by now
 * @throws {CliError} when neither happens within `timeoutMs`, or soon for one that believes it serves
 * @throws the signal's reason when it is aborted
 */
export async function awaitSilentDaemon<T>(
  { home, pid }: SilentDaemon,
  look: () => Promise<T | null>,
  options: {
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    readonly restoredWithinMs?: number;
  },
): Promise<T | null> {
  const { timeoutMs, signal, restoredWithinMs = restoredWithinMsDefault } = options;
  const startMs = performance.now();
  let servingSinceMs: number | null = null;
  for (;;) {
    const holder = (await lockHolder(home)) ?? processHolder(pid);
    const found = await look();
    if (found !== null || holder === null) return found;
    const nowMs = performance.now();
    servingSinceMs = holder.serves ? (servingSinceMs ?? nowMs) : null;
    const isLost = servingSinceMs !== null && nowMs - servingSinceMs >= restoredWithinMs;
    if (isLost || nowMs - startMs >= timeoutMs) throw unreachable(home, holder, isLost);
    await delay(pollMs, undefined, { signal });
  }
}

function unreachable(home: string, { name }: Holder, isLost: boolean): CliError {
  const pid = /\d+/.exec(name)?.[0] ?? 'PID';
  const why = isLost
    ? 'it serves, but its socket or endpoint file was removed and cannot be restored: see logs/daemon.log there'
    : 'it still starts or ends, or it hangs';
  return new CliError(
    exitStatus.timeout,
    `a daemon (${name}) runs in "${home}" and does not answer: ${why} — wait, or end it and its modules with: kill ${pid}`,
    errorCatalogue.timeout.code,
  );
}

function processHolder(pid: number | null): Holder | null {
  const runs = pid !== null && processIdentity(pid) !== null;
  return runs ? { name: `pid ${pid}`, serves: false } : null;
}

async function lockHolder(home: string): Promise<Holder | null> {
  if (process.platform !== 'linux') return null;
  try {
    const socket = connect(lockSocketName(home));
    socket.setTimeout(lockTimeoutMs, () => socket.destroy());
    const [pid, phase] = (await text(socket)).trim().split(' ');
    return { name: `pid ${pid ?? 'unknown'}`, serves: phase === 'serving' };
  } catch (error) {
    // ENOENT: there is no such home.
    if (hasCode(error, 'ECONNREFUSED', 'ENOENT')) return null;
    // It has the lock and hangs, or ends at this very moment: the next look tells which.
    if (hasCode(error, 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE')) {
      return { name: 'pid unknown', serves: false };
    }
    throw error;
  }
}
