/** The captures on the disk. Their folders are the index: there is no other, that could disagree. */
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { folderName, timeOfFolder } from './folder-name.ts';
import type { CaptureFile } from './request.ts';

export interface EventFolder {
  readonly name: string;
  /** Wall clock of the happening, to the second, as the name says. */
  readonly atMs: number;
  readonly bytes: number;
}

export interface ReadCapture {
  readonly path: string;
  readonly trigger: string | null;
  /** What `metadata.json` says, its keys as they are there; null when it cannot be read. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  /** False for one that goes on, and one that was interrupted. */
  readonly isComplete: boolean;
  readonly files: readonly CaptureFile[];
}

/** Written last: where it is, the capture is complete. */
export const summaryFile = 'summary.json';
export const metadataFile = 'metadata.json';

const collisionsMax = 1000;

/** @returns the name of a folder that was not there before */
export async function makeFolder(events: string, atMs: number): Promise<string> {
  await mkdir(events, { recursive: true, mode: 0o700 });
  for (let collisions = 0; collisions <= collisionsMax; collisions += 1) {
    const name = folderName(atMs, collisions);
    try {
      await mkdir(path.join(events, name), { mode: 0o700 });
      return name;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
  throw new Error(`there are ${collisionsMax} captures of this second in ${events}`);
}

/** The oldest first. What is no capture is left alone. */
export async function listFolders(events: string): Promise<readonly EventFolder[]> {
  const folders: EventFolder[] = [];
  for (const name of (await namesIn(events)) ?? []) {
    const atMs = timeOfFolder(name);
    const files = atMs === null ? null : await filesIn(path.join(events, name));
    if (atMs === null || files === null) continue;
    folders.push({ name, atMs, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) });
  }
  // Their names sort by time, and by number within one second.
  return folders.sort((one, other) =>
    one.name.localeCompare(other.name, 'en', { numeric: true, ignorePunctuation: false }),
  );
}

/** Null when there is none of that name, or no longer. */
export async function readFolder(events: string, name: string): Promise<ReadCapture | null> {
  if (timeOfFolder(name) === null) return null;
  const folder = path.join(events, name);
  const there = await filesIn(folder);
  if (there === null) return null;
  const metadata = await readRecord(path.join(folder, metadataFile));
  const summary = summarySchema.safeParse(await readRecord(path.join(folder, summaryFile)));
  const told = summary.success ? summary.data.files : [];
  const noteOf = new Map(told.map((one) => [one.name, one.note]));
  return {
    path: folder,
    trigger: typeof metadata?.['trigger'] === 'string' ? metadata['trigger'] : null,
    metadata,
    isComplete: summary.success,
    files: [
      ...there.map((one) => ({ ...one, failure: null, note: noteOf.get(one.name) ?? null })),
      ...told.flatMap(({ name, failure }) =>
        failure === null ? [] : [{ name, bytes: null, failure, note: null }],
      ),
    ],
  };
}

/** @returns how many of them were there, and are not any more */
export async function removeFolders(events: string, names: readonly string[]): Promise<number> {
  let removed = 0;
  for (const name of names) {
    const isThere =
      timeOfFolder(name) !== null && (await namesIn(path.join(events, name))) !== null;
    if (!isThere) continue;
    // Somebody may be writing into it: ENOTEMPTY then, which is tried again.
    await rm(path.join(events, name), { recursive: true, force: true, maxRetries: 5 });
    removed += 1;
  }
  return removed;
}

const summarySchema = z.object({
  files: z.array(
    z.object({ name: z.string(), failure: z.string().nullable(), note: z.string().nullable() }),
  ),
});

/** But for those that are still being written. */
async function filesIn(folder: string): Promise<{ name: string; bytes: number }[] | null> {
  const names = await namesIn(folder);
  if (names === null) return null;
  const files: { name: string; bytes: number }[] = [];
  for (const name of names.filter((one) => !one.endsWith('.new')).sort()) {
    try {
      files.push({ name, bytes: (await stat(path.join(folder, name))).size });
    } catch (error) {
      if (!isAbsence(error)) throw error;
    }
  }
  return files;
}

async function namesIn(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isAbsence(error)) return null;
    throw error;
  }
}

/** Null when it is not there, or is damaged. */
async function readRecord(file: string): Promise<Readonly<Record<string, unknown>> | null> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? { ...value } : null;
  } catch (error) {
    if (error instanceof SyntaxError || isAbsence(error)) return null;
    throw error;
  }
}

/** Others may remove at any moment, and put files where folders belong. */
function isAbsence(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}
