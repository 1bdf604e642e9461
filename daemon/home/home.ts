/** The home directory: made private to its owner, refused when it is not. */
import {
  accessSync,
  chmodSync,
  constants,
  mkdirSync,
  rmSync,
  statSync,
  writeFileSync,
  renameSync,
} from 'node:fs';
import { socketPathBytesMax, type HomePaths } from '../../config/paths.ts';
import { keeperFiles } from '../keeper/files.ts';

/** Throws, with advice, when the home cannot be used. */
export function prepareHome({ root, runDir, logsDir, journalDir, dataDir }: HomePaths): void {
  const unusable = (why: string) => new Error(`cannot use the home "${root}": ${why}`);
  // The longest of the home's sockets; that of RPC itself may lie elsewhere.
  const socketBytes = Buffer.byteLength(keeperFiles(root).socket);
  if (socketBytes > socketPathBytesMax()) {
    throw unusable(
      `the sockets in it would have paths of ${socketBytes} bytes and this platform allows ${socketPathBytesMax()} — choose a shorter --home`,
    );
  }
  try {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    requirePrivate(root, unusable);
    // Asked, because mkdir says of a folder on a read-only disk that it does not exist.
    accessSync(root, constants.W_OK | constants.X_OK);
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
  if (pid === null) rmSync(paths.modulePid(module), { force: true });
  else writePrivateFile(paths.modulePid(module), `${pid}\n`);
}

/** What a daemon that goes leaves behind no longer, its modules staying or not. */
export function removeDaemonFiles(paths: HomePaths): void {
  for (const path of [paths.endpoint, paths.token, paths.observerToken, paths.daemonPid]) {
    rmSync(path, { force: true });
  }
}

/** After a clean stop: the keeper's folder is empty of meaning. */
export function removeRunDir({ runDir }: HomePaths): void {
  rmSync(runDir, { recursive: true, force: true });
}
