/** `user:` of a module, as the ids that a root daemon gives to its process. */
import { execFileSync, type StdioOptions } from 'node:child_process';
import { LaunchError } from './launcher.ts';

export interface UserIds {
  readonly uid: number;
  readonly gid: number;
}

/** Users of this machine are few, and of those that are configured none is asked for more often. */
const known = new Map<string, { readonly ids: UserIds; readonly untilMs: number }>();

/** A health command runs every few seconds, and each question costs a process that everything waits for. */
const keptMs = 300_000;

/** Null when the module runs as the daemon does. Throws a LaunchError when it cannot be. */
export function userIds(user: string | null, ask: typeof id = id): UserIds | null {
  if (user === null) return null;
  if (process.getuid?.() !== 0) {
    throw new LaunchError(`cannot run as user "${user}": only a daemon that runs as root may`);
  }
  const nowMs = performance.now();
  const found = known.get(user);
  if (found !== undefined && nowMs < found.untilMs) return found.ids;
  const ids = { uid: ask('-u', user), gid: ask('-g', user) };
  known.set(user, { ids, untilMs: nowMs + keptMs });
  return ids;
}

function id(option: '-u' | '-g', user: string): number {
  try {
    const stdio = ['ignore', 'pipe', 'pipe'] as StdioOptions;
    const said = execFileSync('id', [option, '--', user], {
      encoding: 'utf8',
      timeout: 5000,
      stdio,
    });
    return Number(said);
  } catch (error) {
    throw new LaunchError(`cannot run as user "${user}": ${(error as Error).message.trim()}`);
  }
}
