/**
 * `run/<module>.json`: which process a module's launch is. Written before the daemon is told that
 * the launch runs, so what runs is known even when daemon and keeper die in the next instant.
 * Holds no environment. Writes replace the file, so a reader sees an old record or a new one.
 */
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ChildReport, LogRule, StopRule } from './protocol.ts';

export interface LaunchRecord extends ChildReport {
  /** For a keeper that must end this child without a daemon. */
  readonly stop: StopRule;
  readonly log: LogRule;
}

export function writeRecord(runDir: string, record: LaunchRecord): void {
  const path = recordPath(runDir, record.name);
  writeFileSync(`${path}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeRecord(runDir: string, module: string): void {
  rmSync(recordPath(runDir, module), { force: true });
}

/** @param onDamaged a file that is no record: it names no process, so it can only be reported */
export function readRecords(
  runDir: string,
  onDamaged: (path: string, reason: string) => void,
): LaunchRecord[] {
  const records: LaunchRecord[] = [];
  for (const file of readdirSync(runDir)) {
    if (!file.endsWith('.json')) continue;
    const path = join(runDir, file);
    try {
      const record = JSON.parse(readFileSync(path, 'utf8')) as LaunchRecord;
      if (record.name !== file.slice(0, -'.json'.length)) throw new Error('its name differs');
      if (!Number.isInteger(record.identity.pid)) throw new Error('it has no pid');
      records.push(record);
    } catch (error) {
      onDamaged(path, (error as Error).message);
    }
  }
  return records;
}

function recordPath(runDir: string, module: string): string {
  return join(runDir, `${module}.json`);
}
