/**
 * What a daemon leaves behind whose disk has become read-only: it ends as ever, and cannot remove what
 * leads to it. One that was killed leaves the same, but on a disk that takes writes.
 */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { homePaths } from '../config/paths.ts';
import { hasCode } from '../rpc/system-error.ts';
import { leftModules } from './left-modules.ts';
import { livingKeepers } from './lone-keeper.ts';

/**
 * To be asked when a daemon has ended and its socket is there. In words what stays and why; null when
 * the socket could have been removed, or something of the daemon runs on that it was to end.
 */
export function describeLeftFiles(
  home: string,
  socketPath: string,
  { keepModules }: { readonly keepModules: boolean },
): string | null {
  const why = whyNotWritable(dirname(socketPath));
  if (why === null) return null;
  const { runDir, endpoint, token, observerToken, daemonPid } = homePaths(home);
  const runsOn = livingKeepers(runDir).length > 0 || leftModules(runDir).length > 0;
  if (runsOn && !keepModules) return null;
  const left = [socketPath, endpoint, token, observerToken, daemonPid].filter((path) =>
    existsSync(path),
  );
  return `the daemon has ended and could not remove ${left.join(', ')} (${why}): the next one replaces them, once the disk can be written to`;
}

/** Such as `EROFS: read-only file system, access '/home'`; null when it can be written to. */
export function whyNotWritable(dir: string): string | null {
  try {
    accessSync(dir, constants.W_OK);
    return null;
  } catch (error) {
    if (hasCode(error, 'EROFS', 'EACCES', 'EPERM')) return (error as Error).message;
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
