/**
 * The event journal as it lies in the home, part of the contract like the logs (log-files.ts): the
 * daemon reads it, and the CLI does when no daemon answers. `<module>.ndjson` is the newest part,
 * `<module>.ndjson.1` the one before it, and so on; each line is a StoredEntry as JSON.
 */
import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from './shapes.ts';
import { parseStoredLine } from './stored-line.ts';
import { hasCode, notAFolder } from './system-error.ts';

export interface StoredEntry extends JournalEntry {
  readonly module: string;
}

export const journalSuffix = '.ndjson';
/** What is kept of one module: about two thousand entries. */
export const journalRule = { maxSizeBytes: 256 * 1024, keep: 3 };

/** A part that is larger is not the writer's work: its end is enough. */
const partBytesMax = 4 * journalRule.maxSizeBytes;

/**
 * Every entry of a module, oldest first; null when it has no journal, as when there is no such
 * module. Lines that are no entries are left out. Reads all parts in one go, so that the writer in
 * the same process cannot rename them meanwhile; the writer keeps them below 1 MB together.
 */
export function readJournal(journalDir: string, module: string): StoredEntry[] | null {
  const newest = `${module}${journalSuffix}`;
  const names = namesIn(journalDir);
  // Looked up, so that a name never becomes a path.
  const parts = names.flatMap((name) => {
    if (name === newest) return [{ name, age: 0 }];
    const age = name.startsWith(`${newest}.`) ? name.slice(newest.length + 1) : '';
    return /^[1-9]\d*$/.test(age) ? [{ name, age: Number(age) }] : [];
  });
  if (parts.length === 0) return null;
  parts.sort((a, b) => b.age - a.age);
  return parts.flatMap(({ name }) =>
    endOf(join(journalDir, name))
      .split('\n')
      .flatMap((line) => parseStoredLine(line, isEntry) ?? []),
  );
}

/** Empty for what is no file: reading a pipe would hold the daemon up for ever. */
function endOf(path: string): string {
  // Opening a pipe would, too. (Windows has no such flag: undefined counts as 0.)
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return '';
    const bytes = Buffer.alloc(Math.min(stat.size, partBytesMax));
    const length = readSync(fd, bytes, 0, bytes.length, stat.size - bytes.length);
    return bytes.toString('utf8', 0, length);
  } finally {
    closeSync(fd);
  }
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    if (hasCode(error, 'ENOTDIR')) throw notAFolder('the journal', dir);
    throw error;
  }
}

function isEntry(value: unknown): value is StoredEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { time, module, kind, text, data } = value as Partial<Record<string, unknown>>;
  const words = [time, module, kind, text];
  return words.every((word) => typeof word === 'string') && typeof data === 'object' && !!data;
}
