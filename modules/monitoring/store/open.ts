/** The store of one host: in the database where there is one, else in files. */
import type { Clock } from '../../api/clock.ts';
import type { Database } from '../../api/database.ts';
import type { Logger } from '../../api/log.ts';
import type { MonitorStore } from '../store.ts';
import { DatabaseStore } from './database.ts';
import { FileStore } from './files.ts';

export interface MonitorStoreOptions {
  /**
   * Opened with the schema; null: files. The store does not close it. It may be away, now and later:
   * samples wait in a bounded buffer then, happenings on disk.
   */
  readonly database: { readonly database: Database; readonly schema: string } | null;
  /** Of this process alone, made when it is missing: `<home>/data/<module>/store`. */
  readonly folder: string;
  /**
   * Whose rows these are, where several hosts share a database. The folder keeps the name that it was
   * given first.
   */
  readonly host: string;
  /** How long the database is waited for before it counts as away. Default: 2000. */
  readonly reachMs?: number;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** Does not wait for the database. Rejects when the folder cannot be used. */
export async function openMonitorStore(options: MonitorStoreOptions): Promise<MonitorStore> {
  const { database, ...local } = options;
  return database === null
    ? await FileStore.open(local)
    : await DatabaseStore.open({ ...local, ...database });
}
