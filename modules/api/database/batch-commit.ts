/** The statement of a batch, and what becomes of rows that it will never take. */
import type { Logger } from '../log.ts';
import { orAborted } from '../or-aborted.ts';
import type { BatchRow, BatchWriterOptions, RefusedRow } from './batch-options.ts';
import type { RowForm } from './batch-rows.ts';
import type { Database } from './options.ts';
import { sift } from './sift.ts';

interface CommitParts<Row extends BatchRow<keyof Row>> extends Pick<
  BatchWriterOptions<Row>,
  'name' | 'statement' | 'onRefused' | 'onCommitted'
> {
  readonly database: Pick<Database, 'query'>;
  readonly form: RowForm<Row>;
  readonly log: Pick<Logger, 'error'>;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
}

export interface Committed {
  /** How many rows, from the first, are done with. */
  readonly done: number;
  /** Why the others are not; null when there is none left. */
  readonly failure: Error | null;
}

/** For one attempt: a server that hangs must not keep rows from the disk. */
const timeoutMs = 10_000;
const reachMs = 1000;
const refusalTimeoutMs = 30_000;
const loggedMax = 10;

export class BatchCommit<Row extends BatchRow<keyof Row>> {
  readonly #parts: CommitParts<Row>;
  readonly #text: string;
  readonly #counts = { flushes: 0, rows_committed: 0, refused: 0 };

  constructor(parts: CommitParts<Row>) {
    this.#parts = parts;
    this.#text = parts.statement(parts.form.batch);
  }

  get counts(): Readonly<Record<'flushes' | 'rows_committed' | 'refused', number>> {
    return this.#counts;
  }

  /** Never rejects. */
  async run(rows: readonly Row[]): Promise<Committed> {
    const { done, refused, failure } = await sift(rows, (part) => this.#write(part));
    try {
      if (refused.length > 0) await this.#refuse(refused);
    } catch (error) {
      // Those beside them are written again, too: which of them were refused must not be forgotten.
      return { done: 0, failure: error instanceof Error ? error : new Error(String(error)) };
    }
    return { done, failure };
  }

  async #write(rows: readonly Row[]): Promise<void> {
    const { database, form, signal, onCommitted, log, name } = this.#parts;
    const limits = { signal, timeoutMs, reachMs };
    const result = await database.query(this.#text, form.values(rows), limits);
    this.#counts.flushes += 1;
    this.#counts.rows_committed += result.count;
    try {
      onCommitted?.(rows.length, result);
    } catch (error) {
      log.error(`onCommitted of the writer of ${name} failed`, { error });
    }
  }

  async #refuse(refused: readonly RefusedRow<Row>[]): Promise<void> {
    const { onRefused, signal } = this.#parts;
    if (onRefused === undefined) this.#logRefused(refused);
    else {
      const limit = AbortSignal.any([signal, AbortSignal.timeout(refusalTimeoutMs)]);
      await orAborted(onRefused(refused), limit, ignored);
    }
    this.#counts.refused += refused.length;
  }

  #logRefused(refused: readonly RefusedRow<Row>[]): void {
    const { name, log } = this.#parts;
    for (const { row, error } of refused.slice(0, loggedMax))
      log.error(`the database does not take a row of ${name}`, { row, error: error.message });
    const more = refused.length - loggedMax;
    if (more > 0) log.error(`the database does not take ${more} more rows of ${name}`);
  }
}

/** It was given up, and the rows are handed out again. */
function ignored(): void {
  return undefined;
}
