/**
 * Where the keepers' own files are, and who the keepers are. A home may have one for each version of
 * the protocol, so their names carry it.
 */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '../processes.ts';
import { protocolVersion } from './protocol.ts';

export interface KeeperFiles {
  readonly runDir: string;
  readonly logsDir: string;
  readonly socket: string;
  /** Not `.json`, which is what modules’ records end in. */
  readonly identity: string;
  readonly log: string;
}

/** Sockets have names so short that a home with room for `superbot.sock` has room for all of them. */
export function keeperFiles(home: string, version = protocolVersion): KeeperFiles {
  const runDir = join(home, 'run');
  return {
    runDir,
    logsDir: join(home, 'logs'),
    socket: join(runDir, `k${version}.sock`),
    identity: join(runDir, `keeper-${version}.identity`),
    log: join(home, 'logs', 'keeper.log'),
  };
}

/** Of the thread host with this pid, which has seven digits at most. */
export function threadSocket(runDir: string, pid: number): string {
  return join(runDir, `t${pid}`);
}

export function writeKeeperIdentity(home: string): void {
  const path = keeperFiles(home).identity;
  writeFileSync(`${path}.new`, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Who served this home last; null when nobody did or the file cannot be understood. */
export function readKeeperIdentity(
  home: string,
  version = protocolVersion,
): ProcessIdentity | null {
  try {
    const text = readFileSync(keeperFiles(home, version).identity, 'utf8');
    return JSON.parse(text) as ProcessIdentity | null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** The living keepers of other versions, the oldest first. */
export function keepersOfOtherVersions(home: string): Map<number, ProcessIdentity> {
  const living = new Map<number, ProcessIdentity>();
  const versions = readdirSync(keeperFiles(home).runDir)
    .map((file) => /^keeper-(\d+)\.identity$/.exec(file)?.[1])
    .filter((version) => version !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  for (const version of versions) {
    const identity = version === protocolVersion ? null : readKeeperIdentity(home, version);
    if (identity && isAlive(identity)) living.set(version, identity);
  }
  return living;
}
