/**
 * The store of a host with a database, which may be away for a while: happenings and state are on disk
 * here before they are anywhere else, with their final ids; samples wait in memory.
 */
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { type Clock, pauseUntil } from '../../api/clock.ts';
import { type Database, DatabaseError, type DatabaseErrorKind } from '../../api/database.ts';
import { writeDurably } from '../../api/durable-file.ts';
import type { Happening } from '../happening.ts';
import type {
  HappeningChange,
  HappeningQuery,
  HistorySpan,
  MonitorStore,
  NewHappening,
  Pruned,
  PruneLimits,
  StoredSample,
} from '../store.ts';
import { sampleAsKept } from './as-kept.ts';
import { readHistory } from './database-history.ts';
import { countOld, removeOld } from './database-prune.ts';
import type { DatabasePlace } from './database-place.ts';
import { DatabaseRound, type DatabaseRoundParts } from './database-round.ts';
import { happeningOf, selectEvents } from './event-rows.ts';
import type { HistoryRow } from './history-row.ts';
import { Journal } from './journal.ts';
import type { MonitorStoreOptions } from './open.ts';
import { readIfThere } from '../read-if-there.ts';
import { Rounds } from './rounds.ts';
import { SampleBuffer, withBuffered } from './sample-buffer.ts';
import { SampleFiles } from './sample-files.ts';
import { type Row, selectSamples, storedSampleOf } from './sample-rows.ts';
import { StateFile } from './state-file.ts';
import { Stretches } from './stretches.ts';

export interface DatabaseStoreOptions extends Omit<MonitorStoreOptions, 'database'> {
  readonly database: Database;
  readonly schema: string;
}

/** A server that restarts is back before; one that hangs is not waited for. */
const reachMsDefault = 2000;

/** For a few rows by their key: a database that takes longer hangs. */
const readMs = 8000;
/** How long `close` waits for what is buffered to be written. */
const closeMs = 3000;

export class DatabaseStore implements MonitorStore {
  readonly kind = 'database';
  readonly #database: Database;
  readonly #host: string;
  readonly #clock: Clock;
  readonly #reachMs: number;
  readonly #journal: Journal;
  readonly #state: StateFile;
  readonly #buffer = new SampleBuffer();
  readonly #round: DatabaseRound;
  readonly #rounds: Rounds;
  /** Why the last answer was without the database, before a round has found out. */
  #unanswered: string | null = null;
  /** Resolves when the database has answered once, or has not. */
  readonly #firstRound: Promise<void>;

  private constructor(
    options: DatabaseStoreOptions,
    local: Pick<DatabaseRoundParts, 'journal' | 'state' | 'leftFiles'>,
  ) {
    const { database, host, clock, log } = options;
    this.#database = database;
    this.#host = host;
    this.#clock = clock;
    this.#reachMs = options.reachMs ?? reachMsDefault;
    this.#journal = local.journal;
    this.#state = local.state;
    this.#round = new DatabaseRound({
      ...options,
      ...local,
      buffer: this.#buffer,
      reachMs: this.#reachMs,
    });
    this.#rounds = new Rounds({ round: (signal) => this.#bringAll(signal), clock, log });
    this.#firstRound = this.#rounds.now();
  }

  /** Does not wait for the database. Rejects when the folder cannot be used. */
  static async open(options: DatabaseStoreOptions): Promise<DatabaseStore> {
    const { folder, log } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const journal = await Journal.open({ file: path.join(folder, 'happenings.jsonl'), log });
    const state = await StateFile.open(path.join(folder, 'state.json'), log);
    const samples = path.join(folder, 'samples');
    const leftFiles = existsSync(samples) ? await SampleFiles.open({ folder: samples, log }) : null;
    const host = await firstName(path.join(folder, 'host'), options.host);
    return new DatabaseStore({ ...options, host }, { journal, state, leftFiles });
  }

  get problem(): string | null {
    return this.#rounds.problem ?? this.#unanswered;
  }

  get counts(): MonitorStore['counts'] {
    return this.#buffer.counts;
  }

  addSample(sample: StoredSample): void {
    this.#buffer.add(sampleAsKept(sample));
    this.#rounds.wish();
  }

  async addHappening(given: NewHappening): Promise<number> {
    const { id } = await this.#journal.add(given).catch(async (failure: unknown) => {
      // A disk that is full here need not be one there.
      const stored = await this.#round.storeAtOnce(this.#journal.withId(given));
      if (stored === null) throw failure;
      return stored;
    });
    void this.#rounds.now();
    return id;
  }

  async updateHappening(id: number, change: HappeningChange): Promise<void> {
    const here = await this.#journal.change(id, change);
    if (here === null) {
      const there = await this.happening(id);
      if (there === null) throw new RangeError(`cannot change the happening ${id}: there is none`);
      await this.#journal.takeOver({ ...there, ...change });
    }
    void this.#rounds.now();
  }

  async happenings(query: HappeningQuery): Promise<readonly Happening[]> {
    const waiting = this.#journal.waiting();
    const { limit, kinds, sinceMs = 0 } = query;
    const values = [this.#host, kinds ?? null, sinceMs, limit];
    const rows = await this.#rows(selectEvents, values);
    if (rows === null) return this.#journal.find(query);
    const isAsked = ({ kind, atMs }: Happening) =>
      atMs >= sinceMs && (kinds?.includes(kind) ?? true);
    const byId = new Map(rows.map(happeningOf).map((one) => [one.id, one]));
    for (const one of waiting) if (isAsked(one)) byId.set(one.id, one);
    return [...byId.values()].sort((one, other) => other.id - one.id).slice(0, limit);
  }

  async happening(id: number): Promise<Happening | null> {
    const here = this.#journal.get(id);
    if (here !== null) return here;
    const text = 'SELECT * FROM events WHERE host = $1 AND id = $2';
    const rows = await this.#rows(text, [this.#host, this.#journal.currentId(id)]);
    return rows?.[0] === undefined ? null : happeningOf(rows[0]);
  }

  async samples(span: Parameters<MonitorStore['samples']>[0]): Promise<readonly StoredSample[]> {
    // Before the rows: whatever is stored meanwhile is in one of them at least.
    const buffered = this.#buffer.all();
    const { afterMs, untilMs, limit } = span;
    const values = [this.#host, afterMs, untilMs, limit];
    const rows = (await this.#rows(selectSamples, values)) ?? [];
    return withBuffered(rows.map(storedSampleOf), buffered, span);
  }

  async history(span: HistorySpan): Promise<readonly HistoryRow[]> {
    if (this.#buffer.size > 0 && this.problem === null) await this.#rounds.now();
    const place = this.#place();
    const rows = await this.#answer(() => readHistory(place, span), ['unavailable']);
    if (rows !== null) return rows;
    const stretches = new Stretches(span);
    for (const sample of this.#buffer.all()) stretches.add(sample);
    return stretches.rows();
  }

  async readState(key: string): Promise<unknown> {
    if (this.#state.has(key)) return this.#state.read(key);
    const text = 'SELECT value FROM daemon_state WHERE host = $1 AND key = $2';
    const rows = await this.#rows(text, [this.#host, key]);
    return rows?.[0]?.['value'] ?? null;
  }

  async writeState(key: string, value: unknown): Promise<void> {
    await this.#state.write(key, value);
    this.#rounds.wish();
  }

  async prune(limits: PruneLimits, { dryRun }: { readonly dryRun: boolean }): Promise<Pruned> {
    await this.#rounds.now();
    const place = this.#place();
    if (dryRun) return await countOld(place, limits);
    const pruned = await removeOld(place, limits);
    const old = this.#journal.before(limits.happeningsBeforeMs);
    await this.#journal.remove(old.map(({ id }) => id));
    return { ...pruned, folders: [...pruned.folders, ...this.#journal.takeHomeless()] };
  }

  async close(): Promise<void> {
    const enough = new AbortController();
    const deadline = pauseUntil(this.#clock, closeMs, enough.signal);
    await Promise.race([this.#rounds.now(), deadline]);
    enough.abort();
    // What hangs then is broken off, and not waited for.
    void this.#rounds.stop();
    await this.#journal.close();
  }

  async #bringAll(signal: AbortSignal): Promise<void> {
    await this.#round.run(signal);
    // It answers again, though nobody may ask for long.
    this.#unanswered = null;
  }

  #place(): DatabasePlace {
    return { database: this.#database, host: this.#host, reachMs: this.#reachMs };
  }

  async #rows(text: string, values: readonly unknown[]): Promise<readonly Row[] | null> {
    const options = { reachMs: this.#reachMs, timeoutMs: readMs, isIdempotent: true };
    const ask = async () => (await this.#database.query<Row>(text, values, options)).rows;
    return await this.#answer(ask, ['unavailable', 'timeout']);
  }

  /** Null when the database is away, as it is after failures of these kinds. */
  async #answer<Value>(
    ask: () => Promise<Value>,
    awayAfter: readonly DatabaseErrorKind[],
  ): Promise<Value | null> {
    await this.#firstRound;
    if (this.#rounds.problem !== null) return null;
    try {
      const answer = await ask();
      this.#unanswered = null;
      return answer;
    } catch (error) {
      if (!(error instanceof DatabaseError) || !awayAfter.includes(error.kind)) throw error;
      this.#unanswered = error.message;
      void this.#rounds.now();
      return null;
    }
  }
}

/** Under which its rows are: a container has another name whenever it is made anew. */
async function firstName(file: string, name: string): Promise<string> {
  const before = (await readIfThere(file))?.toString().trim() ?? '';
  if (before !== '') return before;
  await writeDurably(file, `${name}\n`);
  return name;
}
