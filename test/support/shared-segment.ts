import { existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Where tests have their clusters, below the folder that they remove. */
const places = ['data', 'database/pg', 'data/database/pg', 'home/data/database/pg'];

/**
 * Removes what a server that was killed has left in the kernel. Its next start would do it, but with
 * its folder that goes. Only a segment that the server named in the folder has made, and nobody uses.
 */
export function removeSegments(folder: string): void {
  for (const place of places) {
    const id = leftSegment(join(folder, place, 'postmaster.pid'));
    if (id !== null) spawnSync('ipcrm', ['-m', String(id)]);
  }
}

/** Line 1 is the server, line 7 the key and the id of its segment (src/include/utils/pidfile.h). */
function leftSegment(postmasterFile: string): number | null {
  const table = '/proc/sysvipc/shm';
  if (!existsSync(postmasterFile) || !existsSync(table)) return null;
  const lines = readFileSync(postmasterFile, 'utf8').split('\n');
  const [server] = numbers(lines[0]);
  const [key, id] = numbers(lines[6]);
  const isLeft = readFileSync(table, 'utf8')
    .split('\n')
    .slice(1)
    .map(numbers)
    .some(
      ([itsKey, itsId, , , creator, , attached]) =>
        itsKey === key && itsId === id && creator === server && attached === 0,
    );
  return isLeft && id !== undefined ? id : null;
}

function numbers(line = ''): number[] {
  return line.trim().split(/ +/).map(Number);
}
