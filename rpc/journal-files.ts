/**
 * The event journal as it lies in the home, part of the contract like the logs (log-files.ts): the
 * daemon reads it, and the CLI does when no daemon answers. `<module>.ndjson` is the newest part,
 * `<module>.ndjson.1` the one before it, and so on; each line is a StoredEntry as JSON.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JournalEntry } from './shapes.ts';

export interface StoredEntry extends JournalEntry {
  readonly module: string;
}

export const journalSuffix = '.ndjson';
/** What is kept of one module: about two thousand entries. */
export const journalRule = { maxSizeBytes: 256 * 1024, keep: 3 };

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
    readFileSync(join(journalDir, name), 'utf8')
      .split('\n')
      .flatMap((line) => parseEntry(line) ?? []),
  );
}

function namesIn(dir: string): string[] {
  try {
    return readdirSync(dir);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Null for what is no entry, such as the half line that a power loss leaves. */
function parseEntry(line: string): StoredEntry | null {
  if (line === '') return null;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
  return isEntry(value) ? value : null;
}

function isEntry(value: unknown): value is StoredEntry {
  if (typeof value !== 'object' || value === null) return false;
  const { time, module, kind, text, data } = value as Partial<Record<string, unknown>>;
  const words = [time, module, kind, text];
  return words.every((word) => typeof word === 'string') && typeof data === 'object' && !!data;
}
