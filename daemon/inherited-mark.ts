/**
 * An open file that a command inherits, and with it whatever it starts: who has wiped the environment
 * and left the session is known by it all the same, unless it has closed or replaced that descriptor.
 */
import { openSync, readlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasProc, type ProcessInfo } from './processes.ts';

/** The first one after those that every program expects. */
const descriptor = 3;
const prefix = 'superbot-command-';

/**
 * A descriptor to be given as the fourth to the command of this id, and to be closed then; null where
 * there is no room for it. The file has no name any more, but the system still tells the one it had.
 */
export function openMark(id: string): number | null {
  if (!hasProc) return null;
  const path = join(tmpdir(), `${prefix}${id}`);
  try {
    const mark = openSync(path, 'wx', 0o600);
    unlinkSync(path);
    return mark;
  } catch (error) {
    // On a full disk, or without descriptors, the command is run all the same.
    if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    return null;
  }
}

/** The id of the command that the process comes from; null when it bears no such mark. */
export function markedBy({ pid }: ProcessInfo): string | null {
  const name = linkOf(`/proc/${pid}/fd/${descriptor}`).split('/').at(-1) ?? '';
  return name.startsWith(prefix) ? (name.slice(prefix.length).split(' ')[0] ?? null) : null;
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    // It has ended, has closed it, or is another user's.
    const { code = '' } = error as NodeJS.ErrnoException;
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(code)) return '';
    throw error;
  }
}
