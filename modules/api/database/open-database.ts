/** The pool, as modules see it. */
import type { Readable } from 'node:stream';
import { pause } from '../clock.ts';
import { backoffMs } from '../../../rpc/backoff.ts';
import type { Access, Call } from './access.ts';
import { DatabaseError } from './error.ts';
import { migrate, type MigrationReport, type MigrationSource } from './migrate.ts';
import type { DatabaseMetrics } from './metrics.ts';
import type {
  CallOptions,
  Database,
  DatabaseQueryOptions,
  QueryResult,
  Transaction,
  TransactionOptions,
} from './options.ts';
import { rowsMaxDefault } from './rows-max.ts';
import type { Session } from './session.ts';
import { runTransaction } from './transaction.ts';

const again = { baseMs: 20, maxMs: 1000 };
const attemptsMaxDefault = 5;

export class OpenDatabase implements Database {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  get metrics(): DatabaseMetrics {
    return this.#access.metrics;
  }

  query<Row>(
    text: string,
    values: readonly unknown[] = [],
    options: DatabaseQueryOptions = {},
  ): Promise<QueryResult<Row>> {
    const { name, rowsMax = rowsMaxDefault, isIdempotent = false } = options;
    const run = async (session: Session, { signal }: Call): Promise<QueryResult<Row>> => {
      const limits = { signal, phase: 'statement' as const };
      const { rows, count } = await session.query<Row>({ text, values, name }, rowsMax, limits);
      return { rows, count };
    };
    const isRetried = ({ kind }: DatabaseError) => isIdempotent && kind === 'lost';
    return this.#attempt(
      shown(text),
      options,
      isIdempotent ? attemptsMaxDefault : 1,
      isRetried,
      run,
    );
  }

  copyFrom(
    text: string,
    source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
    options: CallOptions = {},
  ): Promise<number> {
    return this.#attempt(shown(text), options, 1, never, (session, { signal }) =>
      session.copyFrom(text, source, { signal, phase: 'statement' }),
    );
  }

  copyTo(
    text: string,
    sink: (chunks: Readable) => Promise<unknown>,
    options: CallOptions = {},
  ): Promise<number> {
    return this.#attempt(shown(text), options, 1, never, (session, { signal }) =>
      session.copyTo(text, sink, { signal, phase: 'within_transaction' }),
    );
  }

  transaction<T>(
    work: (transaction: Transaction, signal: AbortSignal) => Promise<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const { attemptsMax = attemptsMaxDefault } = options;
    const isRetried = ({ kind, mayHaveHappened }: DatabaseError) =>
      kind === 'conflict' || (kind === 'lost' && !mayHaveHappened);
    this.#access.count('transactions');
    return this.#attempt('a transaction', options, attemptsMax, isRetried, (session, call) =>
      runTransaction(session, work, options, call),
    );
  }

  migrate(source: MigrationSource, options: CallOptions = {}): Promise<MigrationReport> {
    return migrate(this, source, options);
  }

  close(deadlineMs = 10_000): Promise<void> {
    return this.#access.close(deadlineMs);
  }

  #attempt<T>(
    holder: string,
    options: CallOptions,
    attemptsMax: number,
    isRetried: (error: DatabaseError) => boolean,
    run: (session: Session, call: Call) => Promise<T>,
  ): Promise<T> {
    return this.#access.call(options, async (call) => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#once(holder, call, run);
        } catch (error) {
          const mayRepeat = error instanceof DatabaseError && isRetried(error);
          if (!mayRepeat || attempt >= attemptsMax || call.signal.aborted) throw error;
        }
        this.#access.count('retries');
        const { clock } = this.#access;
        await pause(clock, backoffMs(again, attempt, clock.random()), call.signal);
      }
    });
  }

  async #once<T>(
    holder: string,
    call: Call,
    run: (session: Session, call: Call) => Promise<T>,
  ): Promise<T> {
    const lease = await this.#access.session(call, holder);
    try {
      return await run(lease.connection, call);
    } finally {
      if (lease.connection.isUsable) lease.release();
      else lease.destroy();
    }
  }
}

const shownMax = 40;

/** A statement as it is named to those who wait for its connection. */
function shown(text: string): string {
  const words = text.trim().replaceAll(/\s+/g, ' ');
  return `"${words.length > shownMax ? `${words.slice(0, shownMax)}…` : words}"`;
}

function never(): boolean {
  return false;
}
