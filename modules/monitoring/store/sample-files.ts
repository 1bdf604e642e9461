/**
 * Samples on disk. What comes is appended to one file; when that is long enough it gets the name of
 * its time, `FROM-UNTIL-COUNT.jsonl.gz`, and another begins. When all are too many, the oldest go.
 */
import { appendFile, mkdir, readdir, rename, rm, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { writeDurably } from '../../api/durable-file.ts';
import type { Logger } from '../../api/log.ts';
import type { StoredSample } from '../store.ts';
import { readIfThere } from '../read-if-there.ts';
import { parseSamples, sampleLine } from './sample-lines.ts';

export interface SampleFilesOptions {
  /** Of this process alone; made when it is missing. */
  readonly folder: string;
  /** Of all files together. Default: 512 MiB, some months of a calm host. */
  readonly bytesMax?: number;
  /** After which the next file begins. Default: 1 MiB, about half an hour. */
  readonly fileBytesMax?: number;
  readonly log: Pick<Logger, 'error'>;
}

interface Closed {
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly count: number;
  readonly bytes: number;
}

const bytesMaxDefault = 512 * 1024 * 1024;
const fileBytesMaxDefault = 1024 * 1024;
/** A file that claims to hold more is damaged. */
const unpackedBytesMax = 64 * 1024 * 1024;
const openName = 'current.jsonl';
const closedName = /^(\d{1,16})-(\d{1,16})-(\d{1,9})\.jsonl\.gz$/;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export class SampleFiles {
  readonly #folder: string;
  readonly #bytesMax: number;
  readonly #fileBytesMax: number;
  readonly #log: Pick<Logger, 'error'>;
  /** The oldest first. */
  #closed: Closed[] = [];
  #openBytes = 0;
  /** The end of the open file may be a part of a line. */
  #isTorn = false;

  private constructor(options: SampleFilesOptions) {
    this.#folder = options.folder;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
    this.#fileBytesMax = options.fileBytesMax ?? fileBytesMaxDefault;
    this.#log = options.log;
  }

  /** With what earlier runs have left. Rejects when the folder cannot be used. */
  static async open(options: SampleFilesOptions): Promise<SampleFiles> {
    const files = new SampleFiles(options);
    await mkdir(options.folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(options.folder)) {
      // What a crash has left half written.
      if (name.endsWith('.new')) await rm(path.join(options.folder, name));
      const found = closedName.exec(name);
      if (found === null) continue;
      const [fromMs = 0, untilMs = 0, count = 0] = found.slice(1).map(Number);
      const { size: bytes } = await stat(path.join(options.folder, name));
      files.#closed.push({ name, fromMs, untilMs, count, bytes });
    }
    files.#sort();
    await files.#takeOver();
    return files;
  }

  /** Resolves when the system has them: a kill -9 of this process does not undo it. One at a time. */
  async append(samples: readonly StoredSample[]): Promise<void> {
    const file = this.#path(openName);
    if (this.#isTorn) await truncate(file, this.#openBytes);
    const text = samples.map(sampleLine).join('');
    this.#isTorn = true;
    await appendFile(file, text, { mode: 0o600 });
    this.#isTorn = false;
    this.#openBytes += Buffer.byteLength(text);
    if (this.#openBytes >= this.#fileBytesMax) await this.#endOpenFile();
    await this.#makeRoom();
  }

  /** Those of the files that may have samples within, file by file, each with what is in it. */
  async *read(
    span: { readonly fromMs: number; readonly untilMs: number },
    options: { readonly isWhole: boolean },
  ): AsyncGenerator<{ readonly samples: StoredSample[]; readonly nextFromMs: number }> {
    const asked = this.#closed.filter(
      ({ fromMs, untilMs }) => untilMs >= span.fromMs && fromMs <= span.untilMs,
    );
    for (const [index, { name }] of asked.entries()) {
      const samples = await this.#readClosed(name, options);
      yield { samples, nextFromMs: asked[index + 1]?.fromMs ?? -Infinity };
    }
    yield { samples: await this.#readOpen(options), nextFromMs: Infinity };
  }

  /** Removes what is older, or only counts it. Not while something is appended. */
  async prune(beforeMs: number, { dryRun }: { readonly dryRun: boolean }): Promise<number> {
    let removed = 0;
    for (const file of this.#closed.filter(({ fromMs }) => fromMs < beforeMs)) {
      if (file.untilMs < beforeMs) {
        removed += file.count;
        if (!dryRun) await this.#remove(file);
        continue;
      }
      const samples = await this.#readClosed(file.name, { isWhole: true });
      const left = samples.filter(({ sample }) => sample.atMs >= beforeMs);
      removed += samples.length - left.length;
      if (dryRun || left.length === samples.length) continue;
      await this.#writeClosed(left);
      await this.#remove(file);
    }
    const samples = await this.#readOpen({ isWhole: true });
    const left = samples.filter(({ sample }) => sample.atMs >= beforeMs);
    if (!dryRun && left.length < samples.length) {
      const data = Buffer.from(left.map(sampleLine).join(''));
      await writeDurably(this.#path(openName), data);
      this.#openBytes = data.length;
      this.#isTorn = false;
    }
    return removed + samples.length - left.length;
  }

  /** Hands over what the oldest file has, which goes when that is taken. False when none is left. */
  async drainOne(take: (samples: readonly StoredSample[]) => Promise<void>): Promise<boolean> {
    const [oldest] = this.#closed;
    if (oldest !== undefined) {
      await take(await this.#readClosed(oldest.name, { isWhole: true }));
      await this.#remove(oldest);
      return true;
    }
    if (this.#openBytes === 0) return false;
    await take(await this.#readOpen({ isWhole: true }));
    await this.#removeOpen();
    return true;
  }

  async #takeOver(): Promise<void> {
    const left = await readIfThere(this.#path(openName));
    if (left === null) return;
    this.#openBytes = left.lastIndexOf('\n') + 1;
    this.#isTorn = this.#openBytes < left.length;
    // A crash came between the two steps of closing it.
    const { samples } = parseSamples(left.toString(), { isWhole: false });
    const { name } = nameOf(samples);
    if (this.#closed.some((file) => file.name === name)) await this.#endOpenFile();
  }

  async #endOpenFile(): Promise<void> {
    const samples = await this.#readOpen({ isWhole: true });
    if (samples.length > 0) await this.#writeClosed(samples);
    await this.#removeOpen();
  }

  async #removeOpen(): Promise<void> {
    await rm(this.#path(openName), { force: true });
    this.#openBytes = 0;
    this.#isTorn = false;
  }

  async #writeClosed(samples: readonly StoredSample[]): Promise<void> {
    const named = nameOf(samples);
    const data = await pack(samples.map(sampleLine).join(''));
    await writeDurably(this.#path(named.name), data);
    this.#closed = this.#closed.filter(({ name }) => name !== named.name);
    this.#closed.push({ ...named, bytes: data.length });
    this.#sort();
  }

  async #makeRoom(): Promise<void> {
    const bytes = () => this.#closed.reduce((sum, file) => sum + file.bytes, this.#openBytes);
    for (let [oldest] = this.#closed; oldest !== undefined; [oldest] = this.#closed) {
      if (bytes() <= this.#bytesMax) return;
      await this.#remove(oldest);
    }
  }

  async #remove(file: Closed): Promise<void> {
    await rm(this.#path(file.name), { force: true });
    this.#closed = this.#closed.filter((other) => other !== file);
  }

  async #readOpen(options: { readonly isWhole: boolean }): Promise<StoredSample[]> {
    const data = await readIfThere(this.#path(openName));
    return data === null ? [] : parseSamples(data.toString(), options).samples;
  }

  async #readClosed(name: string, options: { readonly isWhole: boolean }): Promise<StoredSample[]> {
    const file = this.#path(name);
    const data = await readIfThere(file);
    // Somebody else has made room.
    if (data === null) return [];
    try {
      const text = await unpack(data, { maxOutputLength: unpackedBytesMax });
      return parseSamples(text.toString(), options).samples;
    } catch (error) {
      this.#log.error('a file of samples is damaged and set aside', { file, error });
      this.#closed = this.#closed.filter((other) => other.name !== name);
      await rename(file, this.#path('damaged.jsonl.gz'));
      return [];
    }
  }

  #sort(): void {
    this.#closed.sort((one, other) => one.fromMs - other.fromMs);
  }

  #path(name: string): string {
    return path.join(this.#folder, name);
  }
}

function nameOf(samples: readonly StoredSample[]): Omit<Closed, 'bytes'> {
  let [fromMs, untilMs] = [Infinity, 0];
  for (const { sample } of samples) {
    fromMs = Math.min(fromMs, sample.atMs);
    untilMs = Math.max(untilMs, sample.atMs);
  }
  const count = samples.length;
  return { name: `${fromMs}-${untilMs}-${count}.jsonl.gz`, fromMs, untilMs, count };
}
