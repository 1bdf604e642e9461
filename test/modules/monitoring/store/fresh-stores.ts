// Both kinds of store, empty, on a folder of their own and, of the one kind, in a schema of its own.
import { after } from 'mocha';
import { realClock } from '../../../../modules/api/clock.ts';
import { type Database, openDatabase } from '../../../../modules/api/database.ts';
import {
  type MonitorStoreOptions,
  openMonitorStore,
} from '../../../../modules/monitoring/store/open.ts';
import type { MonitorStore } from '../../../../modules/monitoring/store.ts';
import { testDatabase } from '../../../support/postgres.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

const nothing = () => undefined;
export const silent = { info: nothing, warn: nothing, error: nothing };

export interface FreshStore {
  readonly store: MonitorStore;
  readonly folder: string;
  /** The next process on the same place: nothing of the first is closed, as after a kill -9. */
  readonly again: (changes?: Partial<MonitorStoreOptions>) => Promise<MonitorStore>;
  /** Of the database alone. */
  readonly rows: (text: string) => Promise<Readonly<Record<string, unknown>>[]>;
}

type FreshOptions = Partial<Omit<MonitorStoreOptions, 'database'>> & {
  /** Of a server of the test's own. */
  readonly url?: string;
  readonly schema?: string;
};

export type NewStore = (options?: FreshOptions) => Promise<FreshStore>;

/** All end with the suite. */
export function freshStores(kind: MonitorStore['kind']): NewStore {
  let schemas = 0;
  const closers: (() => Promise<void>)[] = [];
  // Hooks run in this order: what is closed writes into its folder and its database once more.
  after(async () => {
    for (const close of closers) await close();
  });
  const databaseUrl = kind === 'database' ? testDatabase() : () => Promise.resolve('');
  const freshFolder = temporaryFolders();
  return async ({ url: given, schema = `stress_${(schemas += 1)}`, ...changes } = {}) => {
    const folder = changes.folder ?? freshFolder();
    const url = given ?? (await databaseUrl());
    const open = async (more: Partial<MonitorStoreOptions> = {}) => {
      const database = kind === 'database' ? opened(url, schema) : null;
      const local = { folder, host: 'here', clock: realClock, log: silent, ...changes };
      const store = await openMonitorStore({ database, ...local, ...more });
      closers.unshift(() => store.close());
      return store;
    };
    const store = await open();
    const rows = async (text: string) => [...(await opened(url, schema).database.query(text)).rows];
    return { store, folder, again: open, rows };
  };

  function opened(url: string, schema: string): { database: Database; schema: string } {
    const database = openDatabase({ url, schema, log: silent, connectionsMax: 3 });
    closers.push(() => database.close());
    return { database, schema };
  }
}
