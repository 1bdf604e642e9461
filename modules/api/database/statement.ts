/** Statements as pg runs them on one client that has nothing else to do. */
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Client, Query, type QueryResult as PgResult } from 'pg';
import { from as copyFromStdin, to as copyToStdout } from 'pg-copy-streams';
import { DatabaseError } from './error.ts';
import type { QueryResult } from './options.ts';

export interface Statement {
  readonly text: string;
  readonly values?: readonly unknown[];
  readonly name?: string | undefined;
}

/** `command` is what the server says it has done, such as `COMMIT`. */
export type Answer<Row> = QueryResult<Row> & { readonly command: string };

/** @param stop called when there are more rows than allowed, to have it cancelled */
export function runQuery<Row>(
  client: Client,
  { text, values = [], name }: Statement,
  rowsMax: number,
  stop: () => void,
): Promise<Answer<Row>> {
  return new Promise((resolve, reject) => {
    const query = new Query({ text, values: [...values], ...(name === undefined ? {} : { name }) });
    const rows: Row[] = [];
    let isTooMuch = false;
    query.on('row', (row) => {
      if (isTooMuch) return;
      if (rows.push(row as Row) <= rowsMax) return;
      isTooMuch = true;
      rows.length = 0;
      stop();
    });
    query.on('error', (error) => reject(isTooMuch ? tooManyRows(rowsMax) : error));
    query.on('end', (result: PgResult | readonly PgResult[]) => {
      const last = 'command' in result ? result : result.at(-1);
      if (isTooMuch) reject(tooManyRows(rowsMax));
      else resolve({ rows, count: last?.rowCount ?? rows.length, command: last?.command ?? '' });
    });
    client.query(query);
  });
}

/** What a source or a sink of a COPY has thrown, and the database is not to blame for. */
export class OutsideError extends Error {
  constructor(cause: unknown) {
    super('the source or sink of a COPY failed', { cause });
    this.name = 'OutsideError';
  }
}

export async function runCopyFrom(
  client: Client,
  text: string,
  source: AsyncIterable<Buffer | string> | Iterable<Buffer | string>,
  signal: AbortSignal,
): Promise<number> {
  const stream = client.query(copyFromStdin(text));
  let outside: OutsideError | null = null;
  async function* taken(): AsyncGenerator<Buffer | string> {
    try {
      yield* source;
    } catch (error) {
      outside = new OutsideError(error);
      throw outside;
    }
  }
  try {
    await pipeline(taken, stream, { signal });
  } catch (error) {
    throw (outside as OutsideError | null) ?? error;
  }
  return stream.rowCount;
}

export async function runCopyTo(
  client: Client,
  text: string,
  sink: (chunks: Readable) => Promise<unknown>,
): Promise<number> {
  const stream = client.query(copyToStdout(text));
  let refusal: Error | null = null;
  const answered = new Promise<void>((resolve, reject) => {
    client.once('drain', resolve);
    stream.on('error', (error) => {
      // A sink that throws while it reads destroys the stream, with an error that says nothing.
      if (error === stream.errored) return;
      refusal = error;
      reject(error);
      // pg has only told of it: whoever begins to read now would wait for ever.
      stream.destroy(error);
    });
  });
  const sunk = (async () => {
    try {
      await sink(stream);
    } catch (error) {
      throw (refusal as Error | null) ?? new OutsideError(error);
    }
    // A sink that leaves early must not leave the session in the middle of its answer.
    if (!stream.readableEnded)
      throw new OutsideError(new Error('the sink did not take all that there was'));
  })();
  await Promise.all([answered, sunk]);
  // Counted when the server has said that it is done.
  return (stream as unknown as { readonly rowCount: number }).rowCount;
}

function tooManyRows(rowsMax: number): DatabaseError {
  return new DatabaseError(
    'too_many_rows',
    `the query was cancelled: it gives more than ${rowsMax} rows — ask for fewer, or use copyTo`,
  );
}
