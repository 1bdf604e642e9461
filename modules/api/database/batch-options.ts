import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { DatabaseError } from './error.ts';
import type { AnyRow, QueryResult } from './options.ts';

/** What a column may hold; JSON as text. Arrays cannot be written in batches, but as text or JSON. */
export type BatchValue = string | number | boolean | Date | null;
/** Any object with such values; an interface will do. */
export type BatchRow<Column extends PropertyKey = string> = Readonly<Record<Column, BatchValue>>;

export interface RefusedRow<Row> {
  readonly row: Row;
  readonly error: DatabaseError;
}

export interface BatchWriterOptions<Row> {
  /** Of the spill files and in messages: lower-case letters, digits and dashes. */
  readonly name: string;
  /** Each column of a row with its PostgreSQL type, such as `{ id: 'text', price: 'numeric' }`. */
  readonly columns: Readonly<Record<keyof Row & string, string>>;
  /**
   * Makes the statement that writes a batch, which may be written twice when the connection breaks in
   * a COMMIT: with an id and ON CONFLICT no row is doubled. Of several parts (a WITH) when it should
   * also keep sums; all of it is one transaction.
   * @param batch a table expression, `unnest(…) AS batch (id, price, …)`, in the order of `write`
   */
  readonly statement: (batch: string) => string;
  /** Rows in one statement at most. Default: 5000. */
  readonly batchRowsMax?: number;
  /** How long a row waits for others. Default: 200. */
  readonly flushDelayMs?: number;
  /** What may wait in memory. Default: 50 000. */
  readonly queuedRowsMax?: number;
  /** Default: 32 MiB. */
  readonly queuedBytesMax?: number;
  /** Where rows go that memory has no room for, or null: then writers wait. */
  readonly spill: SpillOptions | null;
  /**
   * Takes rows that the database will never take. They are done with when it resolves; it is called
   * again when it rejects. Default: they are logged.
   */
  readonly onRefused?: (refused: readonly RefusedRow<Row>[]) => Promise<void>;
  /** Told of each batch that was committed: how many rows were in it, and what the statement gave. */
  readonly onCommitted?: (rows: number, result: QueryResult<AnyRow>) => void;
  readonly clock?: Clock;
  readonly log?: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface SpillOptions {
  /** Of one process at a time, made when it is missing: `<home>/data/<module>/spill`. */
  readonly folder: string;
  /** Default: 1 GiB. */
  readonly bytesMax?: number;
  /** Rows that are not committed after so many milliseconds are put there too. Default: 2000. */
  readonly afterMs?: number;
}

/** A plain object, as for `onHealth`. Counts are since it was opened. */
export interface BatchMetrics {
  /** `retrying`: the database does not take rows; `spilling`: so they go to disk; `full`: nor there. */
  readonly state: 'idle' | 'writing' | 'retrying' | 'spilling' | 'full' | 'closed';
  readonly queued_rows: number;
  readonly queued_bytes: number;
  /** Calls of `write` that wait for room. */
  readonly waiting: number;
  readonly flushes: number;
  /** As the statements counted them: without those that a conflict has left out. */
  readonly rows_committed: number;
  readonly retries: number;
  readonly refused: number;
  /** Rows that went to disk, and those of earlier runs that were found there. */
  readonly spilled: number;
  readonly spill_rows: number;
  readonly spill_bytes: number;
  /** Bytes of spill files that could not be read. */
  readonly spill_damaged_bytes: number;
  /** From `write` to safe, in milliseconds; null when there was none. */
  readonly commit_p50_ms: number | null;
  readonly commit_p99_ms: number | null;
  readonly last_error: string | null;
}

export interface BatchWriter<Row> {
  /**
   * Resolves when each of the rows is committed, safely on disk, or was taken by `onRefused`: nothing
   * is acknowledged before. Waits for room; a producer that does not await it should await `room`.
   * Rejects with `closed`, or the signal's reason as `cancelled` while it still waits for room.
   */
  write(rows: readonly Row[], options?: { readonly signal?: AbortSignal }): Promise<void>;
  /** Resolves when there is room for more, which is at once unless database and disk are at their end. */
  room(options?: { readonly signal?: AbortSignal }): Promise<void>;
  /**
   * Resolves when whatever was written before is committed (not only on disk). Rejects with
   * `unavailable` after `timeoutMs`, by default 30 000.
   */
  flush(options?: { readonly signal?: AbortSignal; readonly timeoutMs?: number }): Promise<void>;
  /** At this moment. */
  readonly metrics: BatchMetrics;
  /**
   * Takes no more, commits what waits, and puts on disk what is not committed at the deadline, by
   * default 5000 ms. Resolves when all is safe; rejects when rows are neither: it names how many.
   */
  close(deadlineMs?: number): Promise<void>;
}
