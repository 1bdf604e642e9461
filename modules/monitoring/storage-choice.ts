/**
 * Where what is seen is kept, when nobody has said: a database that is configured need not be one that
 * ever runs. One that answers at the start is used, and from then on always: a history that is now here,
 * now there, would be found in neither place.
 */
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Database, DatabaseError } from '../api/database.ts';
import type { Logger } from '../api/log.ts';

const answerMsDefault = 2000;

export interface StorageChoice {
  /** Of this module alone; it remembers there. It must exist. */
  readonly folder: string;
  readonly database: Pick<Database, 'query'>;
  readonly log: Pick<Logger, 'info'>;
  /** Default: 2000. */
  readonly answerMs?: number;
}

/** True for the database, false for files. */
export async function isDatabaseChosen(choice: StorageChoice): Promise<boolean> {
  const { folder, database, log, answerMs = answerMsDefault } = choice;
  const memory = path.join(folder, 'uses-database');
  if (existsSync(memory)) return true;
  try {
    await database.query('SELECT 1', [], { timeoutMs: answerMs });
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    const why = `${error.message} — with "storage: database" it is waited for`;
    log.info(`the database does not answer, and was not used before: files are used (${why})`);
    return false;
  }
  writeFileSync(memory, 'the history of this host is in the database\n');
  return true;
}
