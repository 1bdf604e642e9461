/** The server's own log: its newest lines for people, and no more of it than has a place. */
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

const tailBytes = 64 * 1024;

/** Removes all but the newest. Their names begin with when they were begun. */
export function keepNewest(folder: string, count: number): void {
  for (const name of logNames(folder).slice(0, -count)) rmSync(join(folder, name), { force: true });
}

/** The last lines of the newest file, oldest first. */
export function lastLines(folder: string, count: number): string[] {
  const name = logNames(folder).at(-1);
  return name === undefined ? [] : linesOf(join(folder, name), count);
}

/** The last lines of a file; none where there is no such file. */
export function linesOf(path: string, count: number): string[] {
  if (!existsSync(path)) return [];
  const text = readFileSync(path).subarray(-tailBytes).toString('utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .slice(-count);
}

/** Those written since a time, which is when a server was started. */
export function hasWritten(folder: string, sinceMs: number): boolean {
  const name = logNames(folder).at(-1);
  return name !== undefined && statSync(join(folder, name)).mtimeMs >= sinceMs;
}

function logNames(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.log'))
    .sort();
}
