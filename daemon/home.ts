/** The home directory: made private to its owner, refused when it is not. */
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync, renameSync } from 'node:fs';
import type { HomePaths } from '../config/paths.ts';

/** Throws, with advice, when the home cannot be used. */
export function prepareHome({ root, runDir, logsDir, journalDir, dataDir }: HomePaths): void {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const { uid, mode } = statSync(root);
  const ownUid = process.getuid?.();
  if (ownUid !== undefined && uid !== ownUid) {
    throw new Error(
      `cannot use the home "${root}": it belongs to user ${uid}, not to you (${ownUid}) — choose another --home`,
    );
  }
  if (ownUid !== undefined && (mode & 0o077) !== 0) {
    throw new Error(
      `cannot use the home "${root}": others can enter it (mode ${(mode & 0o777).toString(8)}) — run: chmod 700 "${root}"`,
    );
  }
  for (const dir of [runDir, logsDir, journalDir, dataDir]) {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    chmodSync(dir, 0o700);
  }
}

/** Replaces a small file as a whole, readable by its owner only. */
export function writePrivateFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
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
