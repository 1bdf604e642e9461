/** The home directory: made private to its owner, refused when it is not. */
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  renameSync,
} from 'node:fs';
import { socketPathBytesMax, type HomePaths } from '../../config/paths.ts';
import { threadSocket } from '../keeper/files.ts';

/** No pid of Linux or macOS is longer. */
const pidMax = 9_999_999;

/** Throws, with advice, when the home cannot be used. */
export function prepareHome(paths: HomePaths): void {
  const { root, runDir, logsDir, journalDir, dataDir } = paths;
  const unusable = (why: string) => new Error(`cannot use the home "${root}": ${why}`);
  // The longest that must be in the home; the socket of RPC may lie elsewhere.
  const socket = threadSocket(runDir, pidMax);
  const excessBytes = Buffer.byteLength(socket) - socketPathBytesMax();
  if (excessBytes > 0) {
    throw unusable(
      `a socket in it, such as "${socket}", has a path of ${Buffer.byteLength(socket)} bytes, and this platform allows ${socketPathBytesMax()} — choose a shorter --home, by ${excessBytes} at least`,
    );
  }
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    requirePrivate(root, unusable);
    // Asked, because mkdir says of a folder on a read-only disk that it does not exist.
    accessSync(root, constants.W_OK | constants.X_OK);
    requireNothingInTheWay(paths, unusable);
    for (const dir of [runDir, logsDir, journalDir, dataDir]) {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      chmodSync(dir, 0o700);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw unusable(`${(error as Error).message} — choose a --home that you can write to`);
  }
}

function requirePrivate(root: string, unusable: (why: string) => Error): void {
  const { uid, mode } = statSync(root);
  const ownUid = process.getuid?.();
  if (ownUid === undefined) return;
  if (uid !== ownUid) {
    throw unusable(`it belongs to user ${uid}, not to you (${ownUid}) — choose another --home`);
  }
  if ((mode & 0o077) !== 0) {
    const shown = (mode & 0o777).toString(8);
    throw unusable(`others can enter it (mode ${shown}) — run: chmod 700 "${root}"`);
  }
}

/** A folder where a file is to be, or the reverse, would be told of without a word of what to do. */
function requireNothingInTheWay(paths: HomePaths, unusable: (why: string) => Error): void {
  const { runDir, logsDir, journalDir, dataDir, state } = paths;
  for (const dir of [runDir, logsDir, journalDir, dataDir]) {
    const isFree = statSync(dir, { throwIfNoEntry: false })?.isDirectory() ?? true;
    if (!isFree) throw unusable(`"${dir}" is not a folder — move away what is in its place`);
  }
  for (const file of [state, ...daemonFiles(paths)].flatMap((path) => [path, `${path}.new`])) {
    const isFree = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    if (!isFree) throw unusable(`"${file}" is not a file — move away what is in its place`);
  }
}

/** Replaces a small file as a whole, readable by its owner only. */
export function writePrivateFile(path: string, text: string): void {
  try {
    writeFileSync(`${path}.new`, text, { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (cause) {
    throw new Error(`cannot write "${path}": ${(cause as Error).message}`, { cause });
  }
}

/** `<module>.pid`, for people and scripts; null removes it. */
export function writeModulePid(paths: HomePaths, module: string, pid: number | null): void {
  const path = paths.modulePid(module);
  if (pid !== null) writePrivateFile(path, `${pid}\n`);
  else if (existsSync(path)) unlinkSync(path);
}

function daemonFiles({ endpoint, token, observerToken, daemonPid }: HomePaths): string[] {
  return [endpoint, token, observerToken, daemonPid];
}

/**
 * Removes what a daemon that goes leaves behind no longer, its modules staying or not. Returns what
 * could not be removed, in words: no reason not to go.
 */
export function removeDaemonFiles(paths: HomePaths): string[] {
  return daemonFiles(paths).flatMap((path) => removed(path, unlinkSync));
}

/** As `removeDaemonFiles`, after a clean stop: the keeper's folder is empty of meaning. */
export function removeRunDir({ runDir }: HomePaths): string[] {
  return removed(runDir, (path) => rmSync(path, { recursive: true, force: true }));
}

/** For a file not by rmSync: since Node 24 its errors have neither a code nor its name. */
function removed(path: string, remove: (path: string) => void): string[] {
  try {
    remove(path);
    return [];
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    return code === 'ENOENT' ? [] : [`cannot remove "${path}": ${message}`];
  }
}
