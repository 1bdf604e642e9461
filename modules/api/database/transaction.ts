/** One attempt at a transaction, in one session. */
import type { Readable } from 'node:stream';
import { orAborted } from '../or-aborted.ts';
import type { Call } from './access.ts';
import { DatabaseError } from './error.ts';
import type {
  CallOptions,
  QueryOptions,
  QueryResult,
  Transaction,
  TransactionOptions,
} from './options.ts';
import { rowsMaxDefault } from './rows-max.ts';
import type { Session } from './session.ts';

export async function runTransaction<T>(
  session: Session,
  work: (transaction: Transaction, signal: AbortSignal) => Promise<T>,
  options: TransactionOptions,
  { signal }: Call,
): Promise<T> {
  const transaction = new OpenTransaction(session, signal);
  const run = (text: string, phase: 'statement' | 'within_transaction') =>
    session.query({ text }, 0, { signal, phase });
  await run(beginning(options), 'within_transaction');
  let value: T;
  try {
    value = await orAborted(work(transaction, signal), signal, ignored);
    await transaction.end();
  } catch (error) {
    await transaction.end();
    await rollBack(session);
    throw error;
  }
  const { command } = await run('COMMIT', 'statement');
  // Of a transaction in which a statement has failed, whatever became of its error.
  if (command !== 'COMMIT')
    throw new DatabaseError(
      'refused',
      'the transaction was rolled back instead of committed: a statement in it had failed before',
    );
  return value;
}

/** Statements in the order in which they are asked for, also by several at once. */
class OpenTransaction implements Transaction {
  readonly #session: Session;
  readonly #signal: AbortSignal;
  readonly #ended = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(session: Session, signal: AbortSignal) {
    this.#session = session;
    this.#signal = signal;
  }

  query<Row>(
    text: string,
    values: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<QueryResult<Row>> {
    const { name, rowsMax = rowsMaxDefault } = options;
    return this.#inTurn(options, async (signal) => {
      const limits = { signal, phase: 'within_transaction' as const };
      const { rows, count } = await this.#session.query<Row>(
        { text, values, name },
        rowsMax,
        limits,
      );
      return { rows, count };
    });
  }

  copyFrom(
    text: string,
    source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
    options: CallOptions = {},
  ): Promise<number> {
    return this.#inTurn(options, (signal) =>
      this.#session.copyFrom(text, source, { signal, phase: 'within_transaction' }),
    );
  }

  copyTo(
    text: string,
    sink: (chunks: Readable) => Promise<unknown>,
    options: CallOptions = {},
  ): Promise<number> {
    return this.#inTurn(options, (signal) =>
      this.#session.copyTo(text, sink, { signal, phase: 'within_transaction' }),
    );
  }

  /** Takes no more. Resolves when nothing runs any more. */
  async end(): Promise<void> {
    const problem = 'the transaction is over: await each of its statements within its callback';
    this.#ended.abort(new DatabaseError('closed', problem));
    await this.#last;
  }

  #inTurn<T>(
    { signal: given, timeoutMs }: CallOptions,
    run: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const signals = [
      this.#signal,
      ...(given === undefined ? [] : [asCancelled(given)]),
      ...(timeoutMs === undefined ? [] : [asTimeout(timeoutMs)]),
    ];
    const signal = signals.length === 1 ? this.#signal : AbortSignal.any(signals);
    const turn = (async () => {
      this.#ended.signal.throwIfAborted();
      await this.#last;
      return run(signal);
    })();
    this.#last = turn.then(ignored, ignored);
    return turn;
  }
}

function beginning({
  isolation = 'read committed',
  isReadOnly = false,
}: TransactionOptions): string {
  const access = isReadOnly ? 'READ ONLY' : 'READ WRITE';
  return `BEGIN ISOLATION LEVEL ${isolation.toUpperCase()} ${access}`;
}

const rollBackTimeoutMs = 3000;

/** A session that cannot roll back is given up, which rolls back as well. */
async function rollBack(session: Session): Promise<void> {
  if (!session.isUsable) return;
  try {
    const signal = AbortSignal.timeout(rollBackTimeoutMs);
    await session.query({ text: 'ROLLBACK' }, 0, { signal, phase: 'within_transaction' });
  } catch {
    session.destroy();
  }
}

function asCancelled(signal: AbortSignal): AbortSignal {
  return wrapped(signal, (cause) => {
    return new DatabaseError('cancelled', 'a statement of a transaction was cancelled', { cause });
  });
}

function asTimeout(timeoutMs: number): AbortSignal {
  return wrapped(AbortSignal.timeout(timeoutMs), () => {
    const limit = `${timeoutMs / 1000} s`;
    return new DatabaseError('timeout', `a statement of a transaction took longer than ${limit}`);
  });
}

function wrapped(signal: AbortSignal, reason: (cause: unknown) => DatabaseError): AbortSignal {
  const ended = new AbortController();
  const onAbort = () => ended.abort(reason(signal.reason));
  if (signal.aborted) onAbort();
  else signal.addEventListener('abort', onAbort, { once: true });
  return ended.signal;
}

/** Whoever asked for it has its outcome. */
function ignored(): void {
  return undefined;
}
