// Stores in schemas of their own on the real PostgreSQL of this process.
import { after } from 'mocha';
import { join } from 'node:path';
import { realClock } from '../../../../modules/api/clock.ts';
import { type Database, openDatabase } from '../../../../modules/api/database.ts';
import type { Trade } from '../../../../modules/collector/rows.ts';
import {
  type OpenStore,
  openStore,
  type StoreOptions,
} from '../../../../modules/collector/store/open.ts';
import { testDatabase } from '../../../support/postgres.ts';
import { temporaryFolders } from '../../../support/temporary-folder.ts';

export interface FreshStore extends OpenStore {
  readonly database: Database;
  readonly url: string;
  readonly schema: string;
  readonly spillFolder: string;
  /** Rows of a statement, values as PostgreSQL's own text. */
  readonly rows: (text: string) => Promise<Readonly<Record<string, unknown>>[]>;
}

const nothing = () => undefined;
export const silent = { info: nothing, warn: nothing, error: nothing };
export const keepAll = { price_snapshots: null, orderbook_snapshots: null, trades: null };

type FreshOptions = Partial<StoreOptions> & {
  /** Of another server, or of another store. */
  readonly url?: string;
};

/** Makes stores that are empty unless they get url and schema of another; all end with the suite. */
export function freshStores(): (changes?: FreshOptions) => Promise<FreshStore> {
  let schemas = 0;
  const closers: (() => Promise<void>)[] = [];
  // Hooks run in this order: what is closed writes into its folder and its database once more.
  after(async () => {
    for (const close of closers) await close();
  });
  const databaseUrl = testDatabase();
  const freshFolder = temporaryFolders();
  return async ({ url: given, ...changes } = {}) => {
    const url = given ?? (await databaseUrl());
    const { schema = `collector_${(schemas += 1)}` } = changes;
    const database = openDatabase({ url, schema, log: silent });
    closers.unshift(() => database.close());
    const spillFolder = changes.spillFolder ?? join(freshFolder(), 'spill');
    const options = { database, schema, retention: keepAll, clock: realClock, log: silent };
    const open = await openStore({ ...options, spillFolder, ...changes });
    let closed: Promise<void> | null = null;
    const close = (deadlineMs: number) => (closed ??= open.close(deadlineMs));
    closers.unshift(() => close(5000));
    const rows = async (text: string) => [...(await database.query(text)).rows];
    return { ...open, close, database, url, schema, spillFolder, rows };
  };
}

/** Midnight of today, UTC. */
export const today = Math.floor(Date.now() / 86_400_000) * 86_400_000;
/** Noon of yesterday: in a partition that every store makes. */
export const noon = today - 43_200_000;

export function trade(changes: Partial<Trade> & { readonly id: string }): Trade {
  return {
    atMs: noon,
    tokenId: '71321045679252212594626385532706912750332728571942532289631379312455583992563',
    side: 'BUY',
    price: '0.57',
    size: '12.5',
    transactionHash: `0x${changes.id}`,
    source: 'stream',
    ...changes,
  };
}
