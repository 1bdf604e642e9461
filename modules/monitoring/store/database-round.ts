/**
 * Brings to the database what waits on this host: once all that an outage has left, then what came
 * since. A row that the database will never take does not keep the others from it.
 */
import path from 'node:path';
import { DatabaseError } from '../../api/database.ts';
import type { Logger } from '../../api/log.ts';
import { packageRoot } from '../../api/package-root.ts';
import type { Happening } from '../happening.ts';
import type { StoredSample } from '../store.ts';
import type { DatabasePlace } from './database-place.ts';
import { eventRow, upsertEvent } from './event-rows.ts';
import type { Journal } from './journal.ts';
import type { SampleBuffer } from './sample-buffer.ts';
import type { SampleFiles } from './sample-files.ts';
import { insertSamples, sampleRow } from './sample-rows.ts';
import type { StateFile } from './state-file.ts';

export interface DatabaseRoundParts extends DatabasePlace {
  readonly schema: string;
  readonly journal: Journal;
  readonly state: StateFile;
  readonly buffer: SampleBuffer;
  /** What was stored before there was a database; null where there is nothing. */
  readonly leftFiles: SampleFiles | null;
  readonly log: Pick<Logger, 'error'>;
}

/** Samples of one statement. */
const batchMax = 200;
/** For one statement. What takes longer is tried again later. */
const timeoutMs = 20_000;

export class DatabaseRound {
  readonly #parts: DatabaseRoundParts;
  /** The tables are there, and the journal knows the ids of the database. */
  #isPrepared = false;
  /** Happenings as they were when the database refused them. */
  readonly #refused = new Map<number, string>();
  #hasToldOfSamples = false;

  constructor(parts: DatabaseRoundParts) {
    this.#parts = parts;
  }

  /** Rejects with a DatabaseError; then what is left waits. */
  async run(signal: AbortSignal): Promise<void> {
    try {
      if (!this.#isPrepared) await this.#prepare(signal);
      await this.#storeHappenings(signal);
      await this.#storeState(signal);
      await this.#storeSamples(signal);
      await this.#takeOverFile(signal);
    } catch (error) {
      // Whatever the reason, the tables may be others when it is back.
      this.#isPrepared = false;
      throw error;
    }
  }

  /** For one that the disk does not take. Null when the database does not take it either. */
  async storeAtOnce(happening: Happening): Promise<Happening | null> {
    const { signal } = new AbortController();
    if (!this.#isPrepared) return null;
    try {
      return (await this.#storeHappening(happening, signal)) === 'stored' ? happening : null;
    } catch (error) {
      // The disk's own failure is what the caller is told.
      if (error instanceof DatabaseError) return null;
      throw error;
    }
  }

  async #prepare(signal: AbortSignal): Promise<void> {
    const { database, schema, host, journal, reachMs } = this.#parts;
    const folder = path.join(packageRoot(), 'modules', 'monitoring', 'migrations');
    await database.migrate({ owner: 'monitoring', folder, schema }, { signal, reachMs });
    const { rows } = await database.query<{ id: string | null }>(
      'SELECT max(id) AS id FROM events WHERE host = $1',
      [host],
      { reachMs, timeoutMs, signal, isIdempotent: true },
    );
    journal.raiseLastId(Number(rows[0]?.id ?? 0));
    this.#isPrepared = true;
  }

  async #storeHappenings(signal: AbortSignal): Promise<void> {
    const { journal } = this.#parts;
    for (;;) {
      const next = journal.nextWaiting(({ id, text }) => this.#refused.get(id) === text);
      if (next === null) return;
      const outcome = await this.#storeHappening(next, signal);
      if (outcome === 'stored') journal.stored(next);
      // This folder was lost once, and began to count anew before the database could be asked.
      if (outcome === 'taken') await journal.renumber(next.id);
    }
  }

  async #storeHappening(
    happening: Happening,
    signal: AbortSignal,
  ): Promise<'stored' | 'taken' | 'refused'> {
    const { database, host, log, reachMs } = this.#parts;
    const row = JSON.stringify(eventRow(happening));
    const options = { reachMs, timeoutMs, signal, isIdempotent: true };
    try {
      const { count } = await database.query(upsertEvent, [host, row], options);
      return count === 0 ? 'taken' : 'stored';
    } catch (error) {
      if (!isOfData(error)) throw error;
      log.error('the database does not take a happening: it stays on disk', { error, happening });
      this.#refused.set(happening.id, JSON.stringify(happening));
      return 'refused';
    }
  }

  async #storeState(signal: AbortSignal): Promise<void> {
    const { database, host, state, reachMs } = this.#parts;
    for (const [key, value] of state.waiting()) {
      await database.query(
        `INSERT INTO daemon_state (host, key, value) VALUES ($1, $2, $3::text::jsonb)
         ON CONFLICT (host, key) DO UPDATE SET value = excluded.value, updated_at = now()`,
        [host, key, JSON.stringify(value)],
        { reachMs, timeoutMs, signal, isIdempotent: true },
      );
      state.stored(key, value);
    }
  }

  async #storeSamples(signal: AbortSignal): Promise<void> {
    const { buffer } = this.#parts;
    while (buffer.size > 0) {
      const batch = buffer.all().slice(0, batchMax);
      const refused = new Set(await this.#insertWhatCanBe(batch, signal));
      buffer.stored(batch.filter((sample) => !refused.has(sample)));
      buffer.drop([...refused]);
    }
  }

  /** One file a round: a month of them at once would keep the database busy for minutes. */
  async #takeOverFile(signal: AbortSignal): Promise<void> {
    await this.#parts.leftFiles?.drainOne(async (samples) => {
      for (let begin = 0; begin < samples.length; begin += batchMax) {
        await this.#insertWhatCanBe(samples.slice(begin, begin + batchMax), signal);
      }
    });
  }

  /** Gives those that the database will never take. */
  async #insertWhatCanBe(
    samples: readonly StoredSample[],
    signal: AbortSignal,
  ): Promise<readonly StoredSample[]> {
    try {
      await this.#insert(samples, signal);
      return [];
    } catch (error) {
      if (!isOfData(error)) throw error;
      if (samples.length > 1) {
        const refused = [];
        for (const one of samples) refused.push(...(await this.#insertWhatCanBe([one], signal)));
        return refused;
      }
      // One a second would say no more.
      if (!this.#hasToldOfSamples) {
        this.#parts.log.error('the database does not take samples: they are dropped', { error });
      }
      this.#hasToldOfSamples = true;
      return samples;
    }
  }

  async #insert(samples: readonly StoredSample[], signal: AbortSignal): Promise<void> {
    const { database, host, reachMs } = this.#parts;
    const rows = JSON.stringify(samples.map(sampleRow));
    const options = { reachMs, timeoutMs, signal, isIdempotent: true };
    await database.query(insertSamples, [host, rows], options);
  }
}

function isOfData(error: unknown): boolean {
  return error instanceof DatabaseError && error.kind === 'data';
}
