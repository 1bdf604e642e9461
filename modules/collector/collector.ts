/** Puts the collector together: the store, the venue, the five collectors, and what runs them. */
import type { Clock } from '../api/clock.ts';
import type { Database } from '../api/database.ts';
import type { HttpClient } from '../api/http.ts';
import type { Logger } from '../api/log.ts';
import { MarketMetadataCollector } from './collectors/market-metadata.ts';
import { OrderbookSnapshotCollector } from './collectors/orderbook-snapshots.ts';
import { PriceSnapshotCollector } from './collectors/price-snapshots.ts';
import { ResolutionTracker } from './collectors/resolution-tracker.ts';
import type { CollectorParams } from './params.ts';
import { openStore, type OpenStore } from './store/open.ts';
import type { Store } from './store.ts';
import { TradeListener } from './trades/trade-listener.ts';
import { openVenue } from './venue/venue.ts';
import { Workers } from './workers/workers.ts';

export interface CollectorOptions {
  readonly params: CollectorParams;
  /** With the schema of `params`. Neither is closed. */
  readonly database: Database;
  readonly http: HttpClient;
  /** Of this module alone: trades wait there while the database is away. */
  readonly spillFolder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** One of the collectors has crashed too often, and is not started again. */
  readonly onGivenUp: (name: string, error: unknown) => void;
}

export interface Collector {
  readonly workers: Workers;
  readonly tradeMetrics: OpenStore['tradeMetrics'];
  /** Ends the workers, then writes what they have left; within the time, half for each. */
  close(deadlineMs: number): Promise<void>;
}

/** Nothing runs yet: `workers.start()`. Rejects when the database cannot be reached. */
export async function openCollector(
  options: CollectorOptions,
  signal: AbortSignal,
): Promise<Collector> {
  const { params, database, spillFolder, clock, log } = options;
  const { history, orderbooks } = params.retentionDays;
  const retention = { price_snapshots: history, trades: history, orderbook_snapshots: orderbooks };
  const place = { database, schema: params.schema, spillFolder };
  const opened = await openStore({ ...place, retention, clock, log }, signal);
  const workers = newWorkers(options, opened.store);
  return {
    workers,
    tradeMetrics: opened.tradeMetrics,
    close: async (deadlineMs) => {
      await workers.stop(deadlineMs / 2);
      await opened.close(deadlineMs / 2);
    },
  };
}

function newWorkers(options: CollectorOptions, store: Store): Workers {
  const { params, http, clock, log, onGivenUp } = options;
  const { intervalsMs, marketsMax: maxMarkets } = params;
  const venue = openVenue({ http, urls: params.urls, clock });
  const partsOf = (intervalMs: number) => ({ store, venue, clock, log, maxMarkets, intervalMs });
  const orderbooks = new OrderbookSnapshotCollector({
    ...partsOf(intervalsMs.orderbooks),
    chunk: params.orderbookChunk,
  });
  const metadata = new MarketMetadataCollector(partsOf(intervalsMs.metadata));
  return new Workers({
    polling: [
      polling('metadata', metadata),
      polling('prices', new PriceSnapshotCollector(partsOf(intervalsMs.prices))),
      polling('orderbooks', orderbooks),
      polling('resolutions', new ResolutionTracker(partsOf(intervalsMs.resolutions))),
    ],
    newListener: () =>
      new TradeListener({
        store,
        config: listenerConfig(params),
        data: venue.data,
        snapshot: (tokenIds, signal) =>
          tokenIds === null
            ? orderbooks.collectOnce(signal)
            : orderbooks.collectTokens(tokenIds, signal),
        marketsKnownMs: () => timeOf(metadata.stats.last_collect_ts),
        clock,
        log,
      }),
    healthLogIntervalMs: params.healthLogIntervalMs,
    clock,
    log,
    onGivenUp,
  });

  function polling<C>(name: keyof typeof intervalsMs, collector: C) {
    return { name, collector, intervalMs: intervalsMs[name] };
  }
}

function timeOf(iso: string | null): number | null {
  return iso === null ? null : Date.parse(iso);
}

function listenerConfig({ urls, marketsMax, trades, intervalsMs }: CollectorParams) {
  const { pingIntervalMs, freezeTimeoutMs: silenceMsMin, connectionAgeMs: ageMsMax } = trades;
  return {
    ...trades,
    // Found by a cycle of the metadata, which may fail once, and then by the next look at the tokens.
    newTokenMs: 2 * intervalsMs.metadata + trades.tokenRefreshMs,
    url: urls.stream,
    marketsMax,
    feed: { pingIntervalMs, silenceMsMin, ageMsMax },
  };
}
