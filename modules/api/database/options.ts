import type { Readable } from 'node:stream';
import type { Clock } from '../clock.ts';
import type { Logger } from '../log.ts';
import type { DatabaseMetrics } from './metrics.ts';
import type { MigrationReport, MigrationSource } from './migrate.ts';

export interface DatabaseOptions {
  /** Default: SUPERBOT_DATABASE_URL, which every module gets. */
  readonly url?: string;
  /** Shown to the server's administrator. Default: SUPERBOT_MODULE, else `superbot`. */
  readonly applicationName?: string;
  /** Where names without a schema are looked for. Default: `public`. It need not exist yet. */
  readonly schema?: string;
  /** Default: 10. */
  readonly connectionsMax?: number;
  /** An idle connection is closed after so many milliseconds. Default: 300 000. */
  readonly idleMs?: number;
  /** For one attempt to connect. Default: 5000. */
  readonly connectTimeoutMs?: number;
  /** For a call with all that belongs to it: turn, connection, statement, attempts. Default: 30 000. */
  readonly timeoutMs?: number;
  /**
   * After which the server itself ends a statement, also when nobody is left to ask for it; 0 for
   * never. Default: 60 000.
   */
  readonly statementTimeoutMs?: number;
  readonly clock?: Clock;
  readonly log?: Pick<Logger, 'warn' | 'error'>;
}

export interface CallOptions {
  /** Cancels what runs, on the server too. */
  readonly signal?: AbortSignal;
  /** Default: that of the database. */
  readonly timeoutMs?: number;
  /** How much of that may be spent on getting a connection. Default: all. */
  readonly reachMs?: number;
}

export interface QueryOptions extends CallOptions {
  /** Prepared once on each connection under this name; the text must always be the same. */
  readonly name?: string;
  /** Beyond which the query is cancelled: `too_many_rows`. Default: 100 000. */
  readonly rowsMax?: number;
}

export interface DatabaseQueryOptions extends QueryOptions {
  /** Doing it twice is the same as doing it once: it is tried again when the connection breaks. */
  readonly isIdempotent?: boolean;
}

export interface TransactionOptions extends CallOptions {
  /** Default: `read committed`. */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly isReadOnly?: boolean;
  /** How often the whole is tried, the first time included. Default: 5. */
  readonly attemptsMax?: number;
}

export interface QueryResult<Row> {
  readonly rows: readonly Row[];
  /** Rows that were returned, or written. */
  readonly count: number;
}

/** A row as it comes: int8 and numeric as text, timestamptz as Date, date and timestamp as text. */
export type AnyRow = Readonly<Record<string, unknown>>;

/** Whatever statements can be given to. */
export interface Queryable {
  /**
   * One statement, its values for `$1`, `$2` and so on beside it.
   * Rejects with a DatabaseError, and with nothing else.
   */
  query<Row = AnyRow>(
    text: string,
    values?: readonly unknown[],
    options?: QueryOptions,
  ): Promise<QueryResult<Row>>;
  /**
   * `COPY … FROM STDIN`: takes from the source as fast as the server does. Resolves with the number
   * of rows when all are in. Rejects as `query`, and with what the source throws: then none is.
   */
  copyFrom(
    text: string,
    source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
    options?: CallOptions,
  ): Promise<number>;
  /**
   * `COPY … TO STDOUT`, handed on as fast as the sink takes it. Resolves with the number of rows when
   * the sink is through. Rejects as `query`, and with what the sink does.
   */
  copyTo(
    text: string,
    sink: (chunks: Readable) => Promise<unknown>,
    options?: CallOptions,
  ): Promise<number>;
}

/** Commits when `work` resolves and rolls back when it rejects, with what it rejected with. */
export type Transaction = Queryable;

export interface Database extends Queryable {
  query<Row = AnyRow>(
    text: string,
    values?: readonly unknown[],
    options?: DatabaseQueryOptions,
  ): Promise<QueryResult<Row>>;
  /**
   * Calls `work` with a transaction, and again with a new one after a serialization failure, a
   * deadlock, or a connection that broke before COMMIT was sent: what it does outside of the
   * transaction is done again, too. `lost` with `mayHaveHappened` when the COMMIT's answer is missing.
   */
  transaction<T>(
    work: (transaction: Transaction, signal: AbortSignal) => Promise<T>,
    options?: TransactionOptions,
  ): Promise<T>;
  /**
   * Brings a schema, which is made when it is missing, to what the owner's numbered files say.
   * Processes that do so at once wait for each other, and each file is applied once.
   */
  migrate(source: MigrationSource, options?: CallOptions): Promise<MigrationReport>;
  /** At this moment. */
  readonly metrics: DatabaseMetrics;
  /**
   * Refuses what comes, lets what runs end, and cancels it at the deadline. Resolves when no
   * connection is left. Default deadline: 10 000 ms.
   */
  close(deadlineMs?: number): Promise<void>;
}
