// Databases of a test, each fresh and closed with it.
import { afterEach, before } from 'mocha';
import {
  type Database,
  type DatabaseOptions,
  openDatabase,
} from '../../../../modules/api/database.ts';
import { type TestPostgres, testDatabases, whyNoPostgres } from '../../../support/postgres.ts';

/** Skips a suite, saying why, where no PostgreSQL can run. */
export function needsPostgres(): void {
  before(function () {
    const reason = whyNoPostgres();
    if (reason === null) return;
    if (this.currentTest) this.currentTest.title += ` (skipped: ${reason})`;
    this.skip();
  });
}

export interface OpenDatabases {
  /** On the server that the tests share, in a fresh database unless the options name one. */
  open(options?: DatabaseOptions): Promise<Database>;
  /** On a server of the test's own. */
  on(server: TestPostgres, options?: DatabaseOptions): Database;
  url(): Promise<string>;
}

export function openDatabases(): OpenDatabases {
  const url = testDatabases();
  const opened: Database[] = [];
  const quiet = { warn: () => undefined, error: () => undefined };
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close(1000)));
  });
  const keep = (options: DatabaseOptions) => {
    const database = openDatabase({ log: quiet, ...options });
    opened.push(database);
    return database;
  };
  return {
    url,
    open: async (options = {}) => keep({ url: options.url ?? (await url()), ...options }),
    on: (server, options = {}) => keep({ url: server.url(), ...options }),
  };
}

/** What a promise rejects with; it must. */
export async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not reject');
}
