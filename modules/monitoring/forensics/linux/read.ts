import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { orAborted } from '../../../api/or-aborted.ts';

/** `late`: the signal has aborted. Some files of a process wait for locks that a hanging one holds. */
export type Reading =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'gone' | 'refused' | 'late' };

/** Without holding up the caller's thread. Never rejects. */
export async function readFrom(file: string, signal: AbortSignal): Promise<Reading> {
  // Not even begun: it would go on behind whoever does not wait for it any more.
  if (signal.aborted) return { kind: 'late' };
  try {
    const text = await orAborted(readFile(file, 'utf8'), signal, () => undefined);
    return { kind: 'text', text };
  } catch (error) {
    return { kind: error === signal.reason ? 'late' : kindOf(error) };
  }
}

/** Null for everything but a text. */
export async function textOf(file: string, signal: AbortSignal): Promise<string | null> {
  const reading = await readFrom(file, signal);
  return reading.kind === 'text' ? reading.text : null;
}

/** Sorted; none for a folder that is not there, or may not be read. Never rejects. */
export async function namesIn(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  return (await entriesIn(folder, signal)).map(({ name }) => name).sort();
}

/** As `namesIn`, the folders alone. */
export async function foldersIn(folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const entries = await entriesIn(folder, signal);
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

async function entriesIn(folder: string, signal: AbortSignal): Promise<readonly Dirent[]> {
  if (signal.aborted) return [];
  try {
    return await orAborted(readdir(folder, { withFileTypes: true }), signal, () => undefined);
  } catch {
    // Processes and control groups go at any moment, and so do folders of them.
    return [];
  }
}

function kindOf(error: unknown): 'gone' | 'refused' {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' ? 'refused' : 'gone';
}
