/**
 * Happenings on disk: each is a line when it is added, and another one, with the same id, when it
 * changes. The last line of an id counts. The file is written anew when most of it is out of date.
 */
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import { syncFolder, writeDurably } from '../../api/durable-file.ts';
import type { Logger } from '../../api/log.ts';
import type { Happening } from '../happening.ts';
import type { HappeningChange, HappeningQuery, NewHappening } from '../store.ts';
import { changeAsKept, happeningAsKept } from './as-kept.ts';
import { type Entry, entryLine, lastIdLine, parseJournal, storedLine } from './journal-lines.ts';
import { readIfThere } from '../read-if-there.ts';

export interface JournalOptions {
  readonly file: string;
  /** Of what is kept; beyond, the oldest goes. Default: 16 MiB, some thousands. */
  readonly bytesMax?: number;
  /** Of those that are in the database as well. Default: 200. */
  readonly storedMax?: number;
  readonly log: Pick<Logger, 'error'>;
}

const bytesMaxDefault = 16 * 1024 * 1024;
const storedMaxDefault = 200;
const slackBytes = 256 * 1024;

export class Journal {
  readonly #options: JournalOptions;
  readonly #bytesMax: number;
  /** By id, which is the order of time. */
  #entries = new Map<number, Entry>();
  /** Under which id the database has what it could not have under its first. */
  readonly #renumbered = new Map<number, number>();
  #lastId = 0;
  #keptBytes = 0;
  #fileBytes = 0;
  /** What of the file cannot be relied on; the next write writes all of it. */
  #isTorn = false;
  #homeless: string[] = [];
  /** Of which the file does not say yet that they are stored; to store one twice does no harm. */
  #unwritten: number[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(options: JournalOptions) {
    this.#options = options;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
  }

  /** With what earlier runs have left. Rejects when the file cannot be read. */
  static async open(options: JournalOptions): Promise<Journal> {
    const journal = new Journal(options);
    const { file, log } = options;
    const text = await readIfThere(file);
    if (text === null) return journal;
    const { entries, lastId, damagedLines, isTorn } = parseJournal(text.toString());
    if (damagedLines > 0) {
      await rename(file, `${file}.damaged`);
      const fields = { file: `${file}.damaged`, damagedLines, left: entries.size };
      log.error('the file of happenings is damaged: what can be read is taken over', fields);
    }
    journal.#entries = entries;
    journal.#lastId = lastId;
    journal.#fileBytes = text.length;
    journal.#isTorn = isTorn || damagedLines > 0;
    for (const entry of entries.values()) journal.#keptBytes += entry.text.length;
    return journal;
  }

  /** Ids go on above this: the database has seen it. */
  raiseLastId(id: number): void {
    this.#lastId = Math.max(this.#lastId, id);
  }

  /** Resolves when it is on the disk. */
  add(given: NewHappening): Promise<Happening> {
    return this.#inTurn(async () => {
      const happening = this.withId(given);
      await this.#write(entryOf(happening));
      return happening;
    });
  }

  /** As it is then, on the disk; null when it is not here. */
  change(id: number, change: HappeningChange): Promise<Happening | null> {
    return this.#inTurn(async () => {
      const before = this.get(id);
      if (before === null) return null;
      const happening = { ...before, ...changeAsKept(change) };
      await this.#write(entryOf(happening));
      return happening;
    });
  }

  /** As `add`, but not kept here: the id is taken. */
  withId(given: NewHappening): Happening {
    return { ...happeningAsKept(given), id: (this.#lastId += 1) };
  }

  /** One that the database has, as it is from now on. */
  takeOver(happening: Happening): Promise<void> {
    return this.#inTurn(() => this.#write(entryOf(happening)));
  }

  get(id: number): Happening | null {
    const entry = this.#entries.get(this.currentId(id));
    return entry === undefined ? null : happeningOf(entry);
  }

  currentId(id: number): number {
    return this.#renumbered.get(id) ?? id;
  }

  /** The newest first. */
  find({ limit, kinds, sinceMs = -Infinity }: HappeningQuery): Happening[] {
    return [...this.#entries.values()]
      .reverse()
      .filter(({ kind, atMs }) => atMs >= sinceMs && (kinds?.includes(kind) ?? true))
      .slice(0, limit)
      .map(happeningOf);
  }

  /** What the database does not have yet, the oldest first. */
  waiting(): Happening[] {
    return [...this.#entries.values()].filter(({ isStored }) => !isStored).map(happeningOf);
  }

  /** The oldest of them that is not to be left out. */
  nextWaiting(isLeftOut: (entry: Entry) => boolean): Happening | null {
    for (const entry of this.#entries.values()) {
      if (!entry.isStored && !isLeftOut(entry)) return happeningOf(entry);
    }
    return null;
  }

  /** The database has it as it is here, unless it has changed since. The next line says so. */
  stored(happening: Happening): void {
    const entry = this.#entries.get(happening.id);
    if (entry?.text !== JSON.stringify(happening)) return;
    this.#entries.set(happening.id, { ...entry, isStored: true });
    this.#unwritten.push(happening.id);
    this.#evictStored();
  }

  /** Another one has the id in the database: it gets one above all others. */
  renumber(id: number): Promise<void> {
    return this.#inTurn(async () => {
      const entry = this.#entries.get(id);
      if (entry === undefined) return;
      const moved = this.withId(happeningOf(entry));
      this.#forget(id);
      // All of the file is written anew then, without the old id.
      this.#isTorn = true;
      try {
        await this.#write(entryOf(moved));
      } catch (error) {
        this.#put(entry);
        throw error;
      }
      this.#renumbered.set(id, moved.id);
    });
  }

  /** Those that began before. */
  before(atMs: number): Happening[] {
    return [...this.#entries.values()].filter((entry) => entry.atMs < atMs).map(happeningOf);
  }

  async remove(ids: readonly number[]): Promise<void> {
    if (ids.length === 0) return;
    await this.#inTurn(async () => {
      for (const id of ids) this.#forget(id);
      await this.#rewrite();
    });
  }

  /** Folders of those that had to go for want of room, once. */
  takeHomeless(): string[] {
    return this.#homeless.splice(0);
  }

  /** Takes note on the disk of what was stored. */
  async close(): Promise<void> {
    await this.#inTurn(async () => {
      if (this.#unwritten.length > 0) await this.#append('');
    });
  }

  /** One at a time, whatever became of the one before: its caller has been told. */
  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const done = this.#turn.then(work, work);
    this.#turn = done;
    return done;
  }

  async #write(entry: Entry): Promise<void> {
    const before = this.#entries.get(entry.id);
    this.#forget(entry.id);
    this.#put(entry);
    try {
      await this.#append(entryLine(entry));
    } catch (error) {
      this.#forget(entry.id);
      if (before !== undefined) this.#put(before);
      throw error;
    }
    this.#evictBeyondRoom();
  }

  async #append(line: string): Promise<void> {
    const isMostlyOld = this.#fileBytes > 2 * this.#keptBytes + slackBytes;
    if (this.#isTorn || isMostlyOld) {
      await this.#rewrite();
      return;
    }
    const { file } = this.#options;
    const text = this.#unwritten.length === 0 ? line : `${storedLine(this.#unwritten)}${line}`;
    // Until it is known that all of it is there.
    this.#isTorn = true;
    const handle = await open(file, 'a', 0o600);
    try {
      await handle.appendFile(text);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    if (this.#fileBytes === 0) await syncFolder(path.dirname(file));
    this.#fileBytes += Buffer.byteLength(text);
    this.#isTorn = false;
    this.#unwritten = [];
  }

  async #rewrite(): Promise<void> {
    const lines = [lastIdLine(this.#lastId), ...[...this.#entries.values()].map(entryLine)];
    const data = Buffer.from(lines.join(''));
    await writeDurably(this.#options.file, data);
    this.#fileBytes = data.length;
    this.#isTorn = false;
    this.#unwritten = [];
  }

  #evictStored(): void {
    const stored = [...this.#entries.values()].filter(({ isStored }) => isStored);
    const count = stored.length - (this.#options.storedMax ?? storedMaxDefault);
    for (const { id } of stored.slice(0, Math.max(0, count))) this.#forget(id);
  }

  #evictBeyondRoom(): void {
    while (this.#keptBytes > this.#bytesMax && this.#entries.size > 1) {
      const [oldest] = this.#entries.values();
      if (oldest === undefined) return;
      this.#forget(oldest.id);
      const { folder } = happeningOf(oldest);
      if (folder !== null && !oldest.isStored) this.#homeless.push(folder);
    }
  }

  /** In its place by id: a change does not make it newer. */
  #put(entry: Entry): void {
    this.#keptBytes += entry.text.length;
    const newestId = [...this.#entries.keys()].at(-1) ?? 0;
    this.#entries.set(entry.id, entry);
    if (newestId < entry.id) return;
    this.#entries = new Map([...this.#entries].sort(([one], [other]) => one - other));
  }

  #forget(id: number): void {
    this.#keptBytes -= this.#entries.get(id)?.text.length ?? 0;
    this.#entries.delete(id);
  }
}

function entryOf(happening: Happening): Entry {
  const { id, kind, atMs } = happening;
  return { id, kind, atMs, isStored: false, text: JSON.stringify(happening) };
}

function happeningOf({ text }: Entry): Happening {
  return JSON.parse(text) as Happening;
}
