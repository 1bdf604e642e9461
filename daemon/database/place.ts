/**
 * Where the embedded database is, and its password: made when they are first needed, before the server
 * is, so that every module knows both from its launch on.
 */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { socketPathBytesMax } from '../../config/paths.ts';
import { writePrivateFile } from '../home/home.ts';
import { embeddedUrl } from './url.ts';

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Throws when its folder or its password cannot be made. */
export function embeddedDatabase(dataDir: string, around: Surroundings): string {
  const folder = join(dataDir, 'database');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const password = ownPassword(join(folder, 'password'));
  // Node knows no Unix sockets on Windows.
  if (around.platform === 'win32') return embeddedUrl(portOf(folder), password);
  return embeddedUrl(socketFolder(folder, around), password);
}

/** Kept for as long as the database: it is in there, too. */
function ownPassword(path: string): string {
  const known = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  if (known !== '') return known;
  const password = randomBytes(24).toString('hex');
  writePrivateFile(path, `${password}\n`);
  return password;
}

/**
 * The folder itself where the socket's path is short enough. Else one of the same name for every
 * daemon of this home, whatever session it was started from: modules that run know it already.
 */
function socketFolder(folder: string, { platform, environment }: Surroundings): string {
  const fits = (place: string) =>
    Buffer.byteLength(join(place, '.s.PGSQL.5432')) <= socketPathBytesMax(platform);
  if (fits(folder)) return folder;
  const name = `superbot-${hashOf(folder).toString('hex').slice(0, 16)}`;
  const uid = process.getuid?.() ?? 0;
  const roots = [environment['XDG_RUNTIME_DIR'] ?? `/run/user/${uid}`, tmpdir()];
  const places = roots.map((root) => join(root, name)).filter(fits);
  const place = places.find((path) => existsSync(path)) ?? places.find(canBeMade);
  if (place === undefined)
    throw new Error(`${advice}: no folder can be made in ${roots.join(' or ')}`);
  requireOwn(place, uid);
  return place;
}

const advice =
  'cannot place the socket of the database, as the path of the home is too long for it — choose a shorter --home';

function canBeMade(place: string): boolean {
  try {
    mkdirSync(place, { mode: 0o700 });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // There is no such place here, or it is not ours: another one is taken.
    if (code === 'ENOENT' || code === 'EACCES' || code === 'EROFS' || code === 'EPERM')
      return false;
    throw error;
  }
}

/** In a folder for everybody somebody else may have been first. */
function requireOwn(place: string, uid: number): void {
  const found = lstatSync(place);
  const isPrivate = found.isDirectory() && (found.mode & 0o077) === 0;
  // Root's server may run as another user, to whom the folder was given then.
  if (isPrivate && (found.uid === uid || uid === 0)) return;
  throw new Error(`${advice}: "${place}" is not a folder of ours alone, remove it`);
}

/** The same at every start, among those that are never given out by name. */
function portOf(folder: string): number {
  return 49_152 + (hashOf(folder).readUInt16BE(0) % 16_000);
}

function hashOf(folder: string): Buffer {
  return createHash('sha256').update(folder).digest();
}
