/**
 * `run/<module>.json`: which process a module's launch is. Written before the daemon is told that
 * the launch runs, so what runs is known even when daemon and keeper die in the next instant.
 * Holds no environment. A launch replaces the file, so a reader sees an old record or a new one. Its
 * end is appended, which costs a tenth of replacing a file on ext4: the last line counts, and one that
 * is not whole makes the record a damaged one.
 */
import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { ChildReport, LogRule, StopRule } from './protocol.ts';

export interface LaunchRecord extends ChildReport {
  /** A thread's process is the thread host, which others live in too. */
  readonly kind: 'process' | 'thread';
  /** Version of the keeper that has it; while that one lives, no other may touch it. */
  readonly protocol: number;
  /** For a keeper that must end this child without a daemon. */
  readonly stop: StopRule;
  readonly log: LogRule;
}

export interface RecordsFound {
  readonly records: LaunchRecord[];
  /** Modules of which something may run that no readable record names. */
  readonly damaged: { readonly name: string; readonly why: string }[];
}

export function writeRecord(runDir: string, record: LaunchRecord): void {
  const path = recordPath(runDir, record.name);
  // What a full disk took of an earlier line must not swallow this one.
  const line = `\n${JSON.stringify(record)}\n`;
  if (record.exit !== null && existsSync(path)) {
    appendFileSync(path, line);
    return;
  }
  writeFileSync(`${path}.new`, line, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}

export function removeRecord(runDir: string, module: string): void {
  const path = recordPath(runDir, module);
  // Each exit leads here, and rmSync asks for what this does not need to know.
  for (const file of [path, `${path}.new`]) if (existsSync(file)) unlinkSync(file);
}

export function readRecords(runDir: string): RecordsFound {
  const found: RecordsFound = { records: [], damaged: [] };
  for (const file of readdirSync(runDir)) {
    const [, name, unfinished] = /^([a-z][a-z0-9_-]*)\.json(\.new)?$/.exec(file) ?? [];
    if (name === undefined) continue;
    if (unfinished !== undefined) {
      found.damaged.push({ name, why: 'its keeper died while writing it' });
      continue;
    }
    try {
      found.records.push(readRecord(join(runDir, file)));
    } catch (error) {
      found.damaged.push({ name, why: (error as Error).message });
    }
  }
  return found;
}

/** Null when there is none, or none that is whole. */
export function readRecordOf(runDir: string, module: string): LaunchRecord | null {
  return readRecords(runDir).records.find(({ name }) => name === module) ?? null;
}

function readRecord(path: string): LaunchRecord {
  const lastLine = readFileSync(path, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  const record = JSON.parse(lastLine) as LaunchRecord;
  const { name, launch, protocol, identity, startedMonotonicMs, stop, log } = record;
  const isWhole =
    name === basename(path, '.json') &&
    typeof launch === 'string' &&
    typeof protocol === 'number' &&
    Number.isInteger(identity.pid) &&
    typeof identity.startTime === 'string' &&
    typeof identity.bootId === 'string' &&
    typeof startedMonotonicMs === 'number' &&
    typeof stop.signal === 'string' &&
    typeof stop.timeoutMs === 'number' &&
    typeof log.maxSizeBytes === 'number' &&
    typeof log.keep === 'number' &&
    (record.exit === null || typeof record.exit.seq === 'number');
  if (!isWhole) throw new Error('it lacks what a record has');
  return record;
}

function recordPath(runDir: string, module: string): string {
  return join(runDir, `${module}.json`);
}
