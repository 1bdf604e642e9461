/**
 * Writes rows of which some may never be taken: a batch that is refused is halved until the row that
 * is to blame stands alone, and what is taken grows again. One bad row among n costs some 2 log n
 * statements.
 */
import { DatabaseError } from './error.ts';

export interface Sifted<Row> {
  /** How many rows, from the first, are written or refused. */
  readonly done: number;
  readonly refused: readonly { readonly row: Row; readonly error: DatabaseError }[];
  /** What ended it before all were done: nothing that the rows are to blame for. */
  readonly failure: Error | null;
}

export async function sift<Row>(
  rows: readonly Row[],
  write: (rows: readonly Row[]) => Promise<void>,
): Promise<Sifted<Row>> {
  const refused: { row: Row; error: DatabaseError }[] = [];
  let done = 0;
  for (let size = rows.length; done < rows.length;) {
    const part = rows.slice(done, done + size);
    try {
      await write(part);
      done += part.length;
      size *= 2;
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.kind !== 'data')
        return { done, refused, failure: asError(error) };
      const [row] = part;
      if (part.length > 1) size = Math.ceil(part.length / 2);
      else if (row !== undefined) {
        refused.push({ row, error });
        done += 1;
      }
    }
  }
  return { done, refused, failure: null };
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
