/** Where the keeper's own files are, and who the keeper is. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify, type ProcessIdentity } from '../processes.ts';

export interface KeeperFiles {
  readonly runDir: string;
  readonly logsDir: string;
  readonly socket: string;
  /** Not `.json`, which is what modules’ records end in. */
  readonly identity: string;
  readonly log: string;
}

export function keeperFiles(home: string): KeeperFiles {
  const runDir = join(home, 'run');
  return {
    runDir,
    logsDir: join(home, 'logs'),
    socket: join(runDir, 'keeper.sock'),
    identity: join(runDir, 'keeper.identity'),
    log: join(home, 'logs', 'keeper.log'),
  };
}

export function writeKeeperIdentity(home: string): void {
  const path = keeperFiles(home).identity;
  writeFileSync(`${path}.new`, JSON.stringify(identify(process.pid)), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

/** Who served this home last; null when nobody did or the file cannot be understood. */
export function readKeeperIdentity(home: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(keeperFiles(home).identity, 'utf8')) as ProcessIdentity | null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
