/** Looks a program up the way execvp(3) would, before anything is spawned. */
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { LaunchError } from './launcher.ts';

/** In this turn of the event loop, in which a hundred modules may be launched with the same program. */
const foundNow = new Map<string, string>();

/**
 * The path of the first of these programs that can be executed. Throws a LaunchError that says what
 * was sought, or why a program given by its path cannot be executed.
 */
export function findProgram(names: readonly [string, ...string[]], path: string): string {
  const sought = JSON.stringify([names, path]);
  const found = foundNow.get(sought) ?? search(names, path);
  if (foundNow.size === 0) setImmediate(() => foundNow.clear());
  foundNow.set(sought, found);
  return found;
}

function search(names: readonly [string, ...string[]], path: string): string {
  for (const name of names) {
    if (isAbsolute(name)) return requireExecutable(name);
    const candidates = path.split(delimiter).map((dir) => join(dir === '' ? '.' : dir, name));
    const found = candidates.find((candidate) => whyNotExecutable(candidate) === null);
    if (found !== undefined) return found;
  }
  throw new LaunchError(`there is no program "${names.join('" or "')}" in PATH (${path})`);
}

function requireExecutable(path: string): string {
  const problem = whyNotExecutable(path);
  if (problem !== null) throw new LaunchError(`cannot execute "${path}": ${problem}`);
  return path;
}

function whyNotExecutable(path: string): string | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    // Most folders of PATH do not have it, and an error for each would cost more than the search.
    if (stat === undefined) return 'it does not exist';
    if (!stat.isFile()) return 'it is not a file';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'EACCES' ? 'it may not be executed' : 'it does not exist';
  }
}
