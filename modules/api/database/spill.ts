/**
 * Rows on disk, first in first out: files of records that are only ever appended to, and read from the
 * oldest when they are. A file goes when the last of its rows is done with, so that after a crash rows
 * of the oldest file may come again.
 */
import { type FileHandle, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder } from '../durable-file.ts';
import type { Logger } from '../log.ts';
import type { SpillOptions } from './batch-options.ts';
import { decodeRecords, encodeRecord, type SpillRecord } from './spill-format.ts';

const bytesMaxDefault = 1024 * 1024 * 1024;
const fileBytesMax = 4 * 1024 * 1024;

interface SpillFile {
  readonly path: string;
  bytes: number;
  rows: number;
}

export class Spill {
  readonly #name: string;
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #log: Pick<Logger, 'info' | 'error'>;
  /** The oldest first; the last one may be open for writing. */
  readonly #files: SpillFile[] = [];
  #sequence = 0;
  #writing: FileHandle | null = null;
  /** The oldest file's records that are left, and whether something in it cannot be read. */
  #reading: { readonly records: SpillRecord[]; readonly isDamaged: boolean } | null = null;
  #damagedBytes = 0;

  private constructor(name: string, options: SpillOptions, log: Pick<Logger, 'info' | 'error'>) {
    this.#name = name;
    this.#folder = options.folder;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
    this.#log = log;
  }

  /** With what earlier runs have left. Rejects when the folder cannot be made or read. */
  static async open(
    name: string,
    options: SpillOptions,
    log: Pick<Logger, 'info' | 'error'>,
  ): Promise<Spill> {
    if (!/^[a-z0-9][a-z0-9-]*$/.test(name))
      throw new RangeError(`"${name}" is no name for a batch writer: use a-z, 0-9 and dashes`);
    const spill = new Spill(name, options, log);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    await spill.#find();
    return spill;
  }

  get rows(): number {
    return this.#files.reduce((sum, { rows }) => sum + rows, 0);
  }

  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get damagedBytes(): number {
    return this.#damagedBytes;
  }

  /**
   * Resolves when the records are on the disk. When it rejects, none of them is, and none of them will
   * come back.
   */
  async append(records: readonly SpillRecord[]): Promise<void> {
    const data = Buffer.concat(records.map(encodeRecord));
    if (this.bytes + data.length > this.#bytesMax) throw full(this.#folder, this.#bytesMax);
    const handle = (this.#writing ??= await this.#begin());
    const file = this.#files.at(-1);
    if (file === undefined) throw new Error('a spill file was lost while it was open');
    try {
      await writeAll(handle, data, file.bytes);
      await handle.datasync();
    } catch (error) {
      await this.#giveUp(handle, file);
      throw error;
    }
    file.bytes += data.length;
    file.rows += rowsOf(records);
    if (file.bytes >= fileBytesMax) await this.#endWriting();
  }

  /** The oldest record, or null when there is none. Stays the oldest until `done`. */
  async oldest(): Promise<SpillRecord | null> {
    for (let [file] = this.#files; file !== undefined; [file] = this.#files) {
      if (file === this.#files.at(-1)) await this.#endWriting();
      this.#reading ??= await this.#read(file);
      const [record] = this.#reading.records;
      if (record !== undefined) return record;
      await this.#remove(file);
    }
    return null;
  }

  /** So many rows of the oldest record are done with; the rest of it, if any, is `left`. */
  async done(rows: number, left: SpillRecord | null): Promise<void> {
    const [file] = this.#files;
    if (file === undefined || this.#reading === null) return;
    file.rows -= rows;
    if (left === null) this.#reading.records.shift();
    else this.#reading.records[0] = left;
    if (this.#reading.records.length === 0) await this.#remove(file);
  }

  async close(): Promise<void> {
    await this.#endWriting();
  }

  async #find(): Promise<void> {
    const found = (await readdir(this.#folder))
      .map((name) => [name, Number(this.#pattern.exec(name)?.[1] ?? Number.NaN)] as const)
      .filter(([, sequence]) => Number.isInteger(sequence))
      .sort(([, one], [, other]) => one - other);
    for (const [name, sequence] of found) {
      this.#sequence = sequence;
      const where = path.join(this.#folder, name);
      const contents = await readFile(where);
      const { records, tornBytes, damagedBytes } = decodeRecords(contents);
      const rows = rowsOf(records);
      this.#files.push({ path: where, bytes: contents.length, rows });
      const fields = { file: where, rows, tornBytes, damagedBytes };
      this.#log.info('rows of an earlier run are on disk', fields);
    }
  }

  get #pattern(): RegExp {
    return new RegExp(`^${this.#name}-(\\d{10})\\.spill$`);
  }

  async #begin(): Promise<FileHandle> {
    this.#sequence += 1;
    const name = `${this.#name}-${String(this.#sequence).padStart(10, '0')}.spill`;
    const where = path.join(this.#folder, name);
    const handle = await open(where, 'wx', 0o600);
    try {
      await syncFolder(this.#folder);
    } catch (error) {
      await handle.close();
      throw error;
    }
    this.#files.push({ path: where, bytes: 0, rows: 0 });
    return handle;
  }

  /** What was half written must not come back as rows that somebody has been told are not safe. */
  async #giveUp(handle: FileHandle, file: SpillFile): Promise<void> {
    this.#writing = null;
    try {
      await handle.truncate(file.bytes);
      await handle.datasync();
    } catch (error) {
      this.#log.error('a spill file could not be cut where writing to it failed', { error });
    }
    await handle.close();
    // Otherwise each attempt would leave an empty one.
    if (file.bytes === 0) await this.#remove(file);
  }

  async #endWriting(): Promise<void> {
    const handle = this.#writing;
    this.#writing = null;
    await handle?.close();
  }

  async #read(file: SpillFile): Promise<{ records: SpillRecord[]; isDamaged: boolean }> {
    const { records, damagedBytes } = decodeRecords(await readFile(file.path));
    file.rows = rowsOf(records);
    if (damagedBytes > 0) {
      this.#damagedBytes += damagedBytes;
      this.#log.error('a spill file is damaged: rows of it are lost, and it is kept for a look', {
        file: `${file.path}.damaged`,
        damagedBytes,
      });
    }
    return { records: [...records], isDamaged: damagedBytes > 0 };
  }

  async #remove(file: SpillFile): Promise<void> {
    const isOldest = file === this.#files[0];
    const isDamaged = isOldest && this.#reading?.isDamaged === true;
    if (isOldest) this.#reading = null;
    this.#files.splice(this.#files.indexOf(file), 1);
    if (isDamaged) await rename(file.path, `${file.path}.damaged`);
    else await unlink(file.path);
  }
}

/** A disk that is almost full takes a part, and says no error until it is asked again. */
async function writeAll(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}

function rowsOf(records: readonly SpillRecord[]): number {
  return records.reduce((sum, { rows }) => sum + rows, 0);
}

function full(folder: string, bytesMax: number): Error {
  return new Error(`cannot put rows into ${folder}: it holds ${bytesMax} bytes, as many as it may`);
}
