/** The store of one schema: its tables brought up to date, its partitions there, its loops running. */
import path from 'node:path';
import type { Clock } from '../../api/clock.ts';
import type { Database } from '../../api/database.ts';
import type { Logger } from '../../api/log.ts';
import { packageRoot } from '../../api/package-root.ts';
import type { Store } from '../store.ts';
import { Ledger } from './ledger.ts';
import {
  activeTokens,
  closedTokens,
  foundTokens,
  unresolvedMarkets,
  upsertMarkets,
} from './markets.ts';
import { addOrderbooks } from './orderbooks.ts';
import { Partitions } from './partitions.ts';
import { addPrices } from './prices.ts';
import { addResolutions, readCursor, saveCursor } from './resolutions.ts';
import { knownTradeIds, tradesWithoutHash } from './trades-read.ts';
import { Trades } from './trades.ts';
import { type Retention, Upkeep } from './upkeep.ts';

export interface StoreOptions {
  /** Opened with this schema. The store does not close it. */
  readonly database: Database;
  readonly schema: string;
  /** Whole days that each table keeps beside the present one; null for ever. */
  readonly retention: Retention;
  /** Of this module alone: trades wait there while the database is away. */
  readonly spillFolder: string;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface OpenStore {
  readonly store: Store;
  /** How the writer of trades is, for `onHealth`. */
  readonly tradeMetrics: () => Trades['metrics'];
  /**
   * Writes what waits, or puts it on disk at the deadline, and ends the loops. Takes nothing more.
   * Rejects when something could not be made safe, and says how much.
   */
  close(deadlineMs: number): Promise<void>;
}

/** Rejects when the database cannot be reached, or its migrations are not those of this program. */
export async function openStore(options: StoreOptions, signal?: AbortSignal): Promise<OpenStore> {
  const { database, schema, clock, log } = options;
  const bySignal = signal === undefined ? {} : { signal };
  const folder = path.join(packageRoot(), 'modules', 'collector', 'migrations');
  await database.migrate({ owner: 'collector', folder, schema }, bySignal);

  const now = () => clock.now();
  const partitions = new Partitions(database, now);
  const upkeep = new Upkeep({ database, partitions, retention: options.retention, clock, log });
  // Before trades that an earlier run could not store: they may be of days without a partition.
  await upkeep.round(signal);
  const ledger = new Ledger({ database, clock, log });
  const quarantine = ledger.quarantine.bind(ledger);
  const snapshots = { database, partitions, quarantine, now };
  const { spillFolder } = options;
  const trades = await Trades.open({ ...snapshots, spillFolder, log });

  const stop = new AbortController();
  const loops = Promise.allSettled([upkeep.run(stop.signal), ledger.run(stop.signal)]);
  const store: Store = {
    upsertMarkets: (markets, by) => upsertMarkets(database, markets, by),
    activeTokens: (marketsMax, by) => activeTokens(database, marketsMax, by),
    closedTokens: (sinceMs, by) => closedTokens(database, sinceMs, by),
    foundTokens: (sinceMs, by) => foundTokens(database, sinceMs, by),
    addPrices: (rows, by) => addPrices(snapshots, rows, by),
    addOrderbooks: (rows, by) => addOrderbooks(snapshots, rows, by),
    addTrades: (rows, by) => trades.add(rows, by),
    get tradeCounts() {
      return trades.counts;
    },
    flushTrades: (by) => trades.flush(by),
    knownTradeIds: (ids, span, by) => knownTradeIds(database, ids, span, by),
    tradesWithoutHash: (tokenIds, span, by) => tradesWithoutHash(database, tokenIds, span, by),
    addResolutions: (rows, cursors = [], by) => addResolutions(database, rows, cursors, by),
    unresolvedMarkets: (after, limit, by) =>
      unresolvedMarkets(database, { after, limit, nowMs: now() }, by),
    cursor: (name, by) => readCursor(database, name, by),
    saveCursor: (cursor, by) => saveCursor(database, cursor, by),
    quarantine,
    coverage: ledger,
  };
  return {
    store,
    tradeMetrics: () => trades.metrics,
    close: async (deadlineMs) => {
      stop.abort();
      await loops;
      const closed = await Promise.allSettled([trades.close(deadlineMs)]);
      // After the trades, some of which may have ended in the quarantine.
      const deadline = AbortSignal.timeout(Math.max(1, deadlineMs));
      closed.push(...(await Promise.allSettled([ledger.flush(deadline)])));
      const failed = closed.find((one) => one.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}
