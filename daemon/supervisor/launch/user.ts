/** `user:` of a module, as the ids that a root daemon gives to its process. */
import { execFileSync } from 'node:child_process';
import { LaunchError } from './launcher.ts';

/** Null when the module runs as the daemon does. Throws a LaunchError when it cannot be. */
export function userIds(user: string | null): { uid: number; gid: number } | null {
  if (user === null) return null;
  if (process.getuid?.() !== 0) {
    throw new LaunchError(`cannot run as user "${user}": only a daemon that runs as root may`);
  }
  return { uid: id('-u', user), gid: id('-g', user) };
}

function id(option: '-u' | '-g', user: string): number {
  try {
    return Number(execFileSync('id', [option, '--', user], { encoding: 'utf8', timeout: 5000 }));
  } catch (error) {
    throw new LaunchError(`cannot run as user "${user}": ${(error as Error).message.trim()}`);
  }
}
