/**
 * One daemon per home. On Linux the lock is a name that the kernel gives to one process and takes
 * back at its end: one made of the home's device and inode, so that every path to the home is the same
 * lock, and one of the place where the home lies, so that a home that is moved away under its daemon
 * does not make room for a second one there. Elsewhere it is an exclusive file that names the holder's
 * process. See docs/decisions/004-lock.md.
 */
import { createHash } from 'node:crypto';
import { linkSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { lockSocketName } from '../../config/paths.ts';
import { hasProc, identify, isAlive, type ProcessIdentity } from '../processes.ts';
import { readIfThere } from '../read-if-there.ts';
import { folderIdentity } from './folder-identity.ts';
import { askHolder, type LockHolder, type LockPhase, takeName } from './lock-socket.ts';

export interface Lock {
  /** What who finds the home taken is told; off Linux nobody is. */
  phase: LockPhase;
  release(): Promise<void>;
}

/**
 * A name that is taken, though its holder breaks off, is about to be free: the holder dies, or it is
 * dead and what it was starting, still its copy, has it until the other program is loaded.
 */
const tryEveryMs = 20;
const triesMax = 100;

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

/**
 * Rejects with an AlreadyRunningError when the home is taken.
 *
 * @param prepare makes the home unless it is there; called when nobody else has its place
 */
export async function lockHome(home: string, prepare = (): void => undefined): Promise<Lock> {
  if (hasProc) return lockByName(home, prepare);
  prepare();
  return lockByFile(home);
}

async function lockByName(home: string, prepare: () => void): Promise<Lock> {
  let own: string | null = null;
  const lock: Lock = {
    phase: 'starting',
    release: async () => {
      for (const giveBack of taken.splice(0)) await giveBack();
    },
  };
  const phase = (): LockPhase => {
    const isMoved = own !== null && folderIdentity(home) !== own;
    return isMoved ? 'moved' : lock.phase;
  };
  const taken: (() => Promise<void>)[] = [];
  const take = async (name: string): Promise<void> => {
    for (let triesLeft = triesMax; ; triesLeft--) {
      const giveBack = await takeName(name, phase);
      if (giveBack !== null) return void taken.push(giveBack);
      const holder = await askHolder(name);
      if (holder.isThere || triesLeft === 1) throw refusal(home, holder);
      await delay(tryEveryMs);
    }
  };
  try {
    // No daemon can ever have had a home in a folder that is not there.
    if (placeName(home) === null) prepare();
    await take(placeName(home) ?? '');
    prepare();
    await take(lockSocketName(home));
    own = folderIdentity(home);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}

function refusal(home: string, { pid, phase }: LockHolder): Error {
  if (phase !== 'moved') return new AlreadyRunningError(home, pid);
  return new Error(
    `cannot use the home "${home}": the daemon that has it (pid ${pid ?? 'unknown'}) still runs, but its home was moved away under it — move it back, or stop that daemon and its modules with: kill ${pid ?? 'PID'}`,
  );
}

/**
 * The folder that the home lies in, by device and inode as paths differ between containers, and the
 * home's name there. Null when there is no such folder.
 */
function placeName(home: string): string | null {
  const path = realPathOf(home) ?? home;
  const folder = folderIdentity(dirname(path));
  if (folder === null) return null;
  const name = createHash('sha256').update(basename(path)).digest('hex').slice(0, 16);
  return `\0superbot-place/${folder}/${name}`;
}

/** Null for what is not there, or not ours to see. */
function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return null;
    throw error;
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
    phase: 'starting',
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
