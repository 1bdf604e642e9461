// A trade listener on the simulated venue and a real database, in a time that passes faster than ours.
import { after } from 'mocha';
import { setTimeout as delay } from 'node:timers/promises';
import { HttpClient } from '../../../../modules/api/http.ts';
import { createLogger } from '../../../../modules/api/log.ts';
import type { TradeListenerConfig } from '../../../../modules/collector/trades/options.ts';
import { TradeListener } from '../../../../modules/collector/trades/trade-listener.ts';
import { openVenue } from '../../../../modules/collector/venue/venue.ts';
import type { LedgerRow } from '../../../simulators/polymarket/ledger.ts';
import type { Market } from '../../../simulators/polymarket/market.ts';
import type { SimulatorOptions } from '../../../simulators/polymarket/options.ts';
import { openSimulator, type Simulator } from '../../../simulators/polymarket/simulator.ts';
import { FakeClock } from '../../../support/fake-clock.ts';
import { type FreshStore, freshStores } from '../store/fresh-store.ts';

const deadlineMs = 15_000;

export interface Recording {
  readonly clock: FakeClock;
  readonly venue: Simulator;
  readonly open: FreshStore;
  readonly listener: TradeListener;
  readonly running: Promise<void>;
  readonly logged: string[];
  /** Asked for new books, and of how many tokens: null for all. */
  readonly snapshots: (number | null)[];
}

/** Everything is closed after the suite. */
export function recordings() {
  const closers: (() => unknown)[] = [];
  // Before the hooks of the databases: who still writes must end first.
  after(async () => {
    for (const close of closers) await close();
  });
  const freshStore = freshStores();

  async function start(
    options: Partial<SimulatorOptions> = {},
    changes: Partial<TradeListenerConfig> = {},
  ): Promise<Recording> {
    const clock = new FakeClock();
    const venue = await openSimulator({ markets: 3, clock, hasRateLimits: false, ...options });
    closers.push(() => venue.close());
    const open = await freshStore({ clock });
    await addMarkets(open, venue.markets);
    const recording = listen(clock, venue, open, changes);
    await eventually(recording, 'connections', () => isConnected(recording));
    return recording;
  }

  function listen(
    clock: FakeClock,
    venue: Simulator,
    open: FreshStore,
    changes: Partial<TradeListenerConfig> = {},
  ): Recording {
    const http = new HttpClient();
    closers.push(() => http.close());
    const { data } = openVenue({ http, urls: venue.urls, clock });
    const snapshots: (number | null)[] = [];
    const logged: string[] = [];
    const listener = new TradeListener({
      store: open.store,
      config: { ...config, url: venue.urls.stream, ...changes },
      data,
      marketsKnownMs: () => null,
      snapshot: (tokenIds) => Promise.resolve(snapshots.push(tokenIds?.length ?? null)),
      clock,
      log: createLogger((line) => logged.push(line)),
    });
    closers.unshift(() => listener.stop(5000));
    return { clock, venue, open, listener, running: listener.run(), logged, snapshots };
  }

  return { start, listen };
}

const config: Omit<TradeListenerConfig, 'url'> = {
  feed: { pingIntervalMs: 10_000, silenceMsMin: 15_000, ageMsMax: 3_600_000 },
  marketsMax: 1000,
  tokensPerConnection: 200,
  tokenRefreshMs: 60_000,
  newTokenMs: 660_000,
  queueMax: 10_000,
  batchMax: 1000,
  backfillOverlapMs: 60_000,
  backfillAfterMs: [5000, 20_000],
  sweepIntervalMs: 3_600_000,
};

/** What the metadata collector would have brought. */
export async function addMarkets({ store }: FreshStore, markets: readonly Market[]): Promise<void> {
  await store.upsertMarkets(
    markets.map(({ conditionId, tokens, isClosed }) => ({
      conditionId,
      question: `will ${conditionId} be?`,
      slug: null,
      marketType: null,
      outcomes: ['Yes', 'No'],
      tokenIds: [...tokens],
      active: true,
      closed: isClosed,
      endDateIso: null,
      volume24h: null,
    })),
  );
}

function isConnected({ listener, venue }: Recording): boolean {
  const { connections, connections_active: active, tokens, backfill_pending } = listener.health;
  // The time before the first connection is a gap as well: what is traded from now on is not in it.
  const isSettled = connections === active && backfill_pending === 0;
  return connections > 0 && isSettled && venue.listeners.tokens === tokens;
}

/** Lets time pass until it holds. */
export async function eventually<T>(
  { clock, logged }: Pick<Recording, 'clock' | 'logged'>,
  what: string,
  look: () => T | Promise<T>,
): Promise<T> {
  const endMs = performance.now() + deadlineMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (performance.now() > endMs) throw new Error(`never: ${what}\n${logged.join('')}`);
    await clock.advance(200);
    await delay(1);
  }
}

/** Trades as both sides have them, sorted: the venue's ledger, and what is stored. */
export function told(rows: readonly LedgerRow[]): string[] {
  return rows.map((row) => `${row.tokenId} ${row.side} ${row.price} ${row.size}`).sort();
}

export async function stored({ open }: Pick<Recording, 'open'>): Promise<string[]> {
  const rows = await open.rows('SELECT token_id, side, price, size FROM trades');
  return rows.map((row) => Object.values(row).map(String).join(' ')).sort();
}

/** With the transaction, where it is known: what one row cannot stand in for another by. */
export async function storedHashes({ open }: Pick<Recording, 'open'>): Promise<string[]> {
  const rows = await open.rows('SELECT transaction_hash AS hash FROM trades');
  return rows.map(({ hash }) => String(hash)).sort();
}
