/**
 * The collector of trades: follows the market channel of every active token, and stores what is
 * traded. It runs until it is stopped, or until something in this program is wrong; then another is
 * made, since nobody knows what state this one is in.
 */
import { pauseUntil } from '../../api/clock.ts';
import { RateLimit } from '../../api/socket.ts';
import type { Trade } from '../rows.ts';
import type { Span } from '../store.ts';
import type { Garbage } from '../venue/parsed.ts';
import { backfill } from './backfill.ts';
import { Drain } from './drain.ts';
import { Feed } from './feed.ts';
import { Feeds } from './feeds.ts';
import { Following } from './following.ts';
import { healthOf, newCounts, type TradeListenerHealth } from './health.ts';
import { CommitLatency } from './commit-latency.ts';
import { Ledger } from './ledger.ts';
import { type TradeListenerOptions, unfinishedMs } from './options.ts';
import { Recovery } from './recovery.ts';
import { type Gap, Repairs } from './repairs.ts';
import { Sweeps } from './sweeps.ts';
import { Tokens } from './tokens.ts';
import { TradeQueue } from './trade-queue.ts';
import { Fetched, settlementMsMax } from './twins.ts';

/** Handshakes: more at once are answered with 429. */
const connectRates = [
  { max: 2, perMs: 500 },
  { max: 100, perMs: 60_000 },
];
const settleMs = 1000;
/** What a run that ended by itself may take to store what it has. */
const endMs = 10_000;
/** What `collectOnce` looks through. */
const lookBackMs = 600_000;

export class TradeListener {
  readonly #options: TradeListenerOptions;
  readonly #stop = new AbortController();
  readonly #deadline = new AbortController();
  readonly #counts = newCounts();
  readonly #fetched = new Fetched();
  readonly #insertedBefore: number;
  readonly #attempts: RateLimit;
  readonly #queue: TradeQueue;
  readonly #drain: Drain;
  readonly #repairs: Repairs;
  readonly #sweeps: Sweeps;
  readonly #ledger: Ledger;
  readonly #feeds: Feeds;
  readonly #following: Following;
  readonly #tokens = new Tokens();
  readonly #latency: CommitLatency;
  readonly #recovery: Recovery;
  #running: Promise<void> | null = null;
  #failure: { readonly error: unknown } | null = null;

  constructor(options: TradeListenerOptions) {
    const { store, config, clock, log } = options;
    this.#options = options;
    this.#insertedBefore = store.tradeCounts.inserted;
    this.#attempts = new RateLimit(connectRates, clock);
    this.#queue = new TradeQueue(config.queueMax);
    this.#latency = new CommitLatency(() => clock.monotonicMs());
    this.#drain = new Drain({
      queue: this.#queue,
      store,
      batchMax: config.batchMax,
      deadline: this.#deadline.signal,
      clock,
      log,
      onStored: (batches, trades) => {
        this.#counts.batches += batches;
        this.#counts.lastInsertMs = clock.now();
        this.#latency.stored(trades, clock.now());
      },
    });
    this.#repairs = new Repairs({
      backfill: (tokenIds, span, signal) => this.#backfill(tokenIds, span, signal),
      onRepaired: ({ stream, fromMs, toMs }, rows) => {
        if (stream !== null) store.coverage.backfilled(stream, fromMs, toMs, rows);
      },
      afterMs: config.backfillAfterMs,
      clock,
      log,
    });
    this.#sweeps = new Sweeps({
      store,
      backfill: (span, signal) => this.#backfill(null, span, signal),
      intervalMs: config.sweepIntervalMs,
      lagMs: Math.max(...config.backfillAfterMs),
      clock,
      log,
    });
    this.#ledger = new Ledger({
      coverage: store.coverage,
      queue: this.#queue,
      now: () => clock.now(),
      onGap: (gap) => this.#missed(gap),
    });
    this.#feeds = new Feeds({
      tokensPerConnection: config.tokensPerConnection,
      open: (stream, tokenIds) => this.#open(stream, tokenIds),
      onGone: (stream, tokenIds) => this.#gone(stream, tokenIds),
      onStreams: (streams) => this.#ledger.expect(streams),
      log,
    });
    this.#following = new Following({
      store,
      tokens: this.#tokens,
      marketsMax: config.marketsMax,
      refreshMs: config.tokenRefreshMs,
      newTokenMs: config.newTokenMs,
      marketsKnownMs: options.marketsKnownMs,
      follow: (tokenIds) => this.#feeds.follow(tokenIds),
      onGap: (gap) => this.#repairs.add(gap),
      clock,
      log,
    });
    this.#recovery = new Recovery({
      store,
      isStream: (name) => this.#feeds.all.has(name),
      absentSince: (ms) => this.#following.absentSince(ms),
      remember: (tokens) => this.#tokens.remember(tokens),
      onGap: (gap) => this.#repairs.add(gap),
      unfinishedMs: unfinishedMs(config),
      newTokenMs: config.newTokenMs,
      clock,
      log,
    });
  }

  /** Once. Resolves when it was stopped; rejects with what broke it, when all is tidied up. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  /**
   * Takes no more, and stores what it has taken. Resolves when that is done or the time is over.
   * Harmless when it never ran, or was stopped.
   */
  async stop(deadlineMs: number = endMs): Promise<void> {
    this.#end(deadlineMs);
    await Promise.allSettled([this.#running]);
  }

  get health(): TradeListenerHealth {
    return healthOf({
      counts: this.#counts,
      inserted: this.#options.store.tradeCounts.inserted - this.#insertedBefore,
      feeds: [...this.#feeds.all.values()],
      queue: this.#queue,
      ledger: this.#ledger,
      latency: this.#latency,
      backfillPending: this.#repairs.open + this.#recovery.open,
      backfilled: this.#repairs.rowsTotal + this.#sweeps.rowsTotal,
    });
  }

  /** Looks through the last ten minutes for trades that are missing. Never throws: 0 on failure. */
  async collectOnce(signal: AbortSignal): Promise<number> {
    const { store, config, clock, log } = this.#options;
    const span = { fromMs: clock.now() - lookBackMs, toMs: clock.now() };
    try {
      if (this.#tokens.activeCount === 0) {
        this.#tokens.activate(await store.activeTokens(config.marketsMax, signal));
      }
      return await this.#backfill(null, span, signal);
    } catch (error) {
      log.error('trades: collection error', { error });
      return 0;
    }
  }

  async #run(): Promise<void> {
    const { clock, log } = this.#options;
    this.#counts.startedMs = clock.now();
    const { signal } = this.#stop;
    const loops = [
      this.#drain.run(signal),
      this.#repairs.run(signal),
      this.#sweeps.run(signal),
      this.#following.run(signal),
      this.#settle(),
    ];
    for (const loop of loops) loop.catch((error: unknown) => this.#crash(error));
    await Promise.allSettled(loops);
    const feeds = [...this.#feeds.all.values()];
    await this.#feeds.close();
    const left = await this.#drain.empty();
    if (left > 0) log.error('trades could not be stored in time; they are a gap', { left });
    for (const feed of feeds) this.#ledger.closed(feed);
    await this.#writeLedger();
    log.info('the trade listener has ended', { ...this.health });
    if (this.#failure !== null) throw this.#failure.error;
  }

  #end(deadlineMs: number): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#options.clock.after(deadlineMs, () => this.#deadline.abort(), { mayBeLast: false });
  }

  /** Whatever broke takes the rest along: half a listener would look like a whole one. */
  #crash(error: unknown): void {
    this.#failure ??= { error };
    this.#end(endMs);
  }

  #open(stream: string, tokenIds: readonly string[]): Feed {
    const { config, clock, log } = this.#options;
    const feed = new Feed({
      stream,
      url: config.url,
      tokenIds,
      limits: config.feed,
      attempts: this.#attempts,
      clock,
      log,
      onTrade: (trade, receivedAtMs) => this.#take(trade, stream, receivedAtMs),
      onGarbage: (garbage) => this.#quarantine(garbage),
      onOpen: (opened) => {
        if (this.#ledger.opened(opened)) void this.#recovery.recover(stream, this.#stop.signal);
      },
      onLost: (lost, reason) => this.#ledger.lost(lost, reason),
      onGap: (incomplete, gap) => this.#ledger.gap(incomplete, gap),
    });
    feed.ended.catch((error: unknown) => this.#crash(error));
    return feed;
  }

  #take(trade: Trade, stream: string, receivedAtMs: number): void {
    this.#counts.received += 1;
    this.#counts.lastTradeMs = Math.max(this.#counts.lastTradeMs ?? 0, trade.atMs);
    if (!this.#fetched.hasTwinOf(trade)) this.#queue.offer({ trade, stream, receivedAtMs });
  }

  #quarantine(garbage: Garbage): void {
    const { store, clock } = this.#options;
    this.#counts.quarantined += 1;
    store.quarantine([{ collector: 'trades', atMs: clock.now(), ...garbage }]);
  }

  #missed(gap: Gap): void {
    this.#counts.gaps += 1;
    void this.#options.snapshot(gap.tokenIds, this.#stop.signal);
    this.#repairs.add(gap);
  }

  /** What the connection has not brought of them until now, none will: they are over. */
  #gone(stream: string, tokenIds: readonly string[]): void {
    const toMs = this.#options.clock.now();
    const fromMs = this.#ledger.coveredMs(stream) ?? toMs - this.#options.config.newTokenMs;
    this.#repairs.add({ stream: null, tokenIds, fromMs, toMs });
  }

  async #backfill(
    tokenIds: readonly string[] | null,
    span: Span,
    signal: AbortSignal,
  ): Promise<number> {
    const { store, data, config, clock } = this.#options;
    // Of markets that were over before this run began to follow tokens, and traded until then.
    if (tokenIds === null) {
      this.#tokens.remember(await store.closedTokens(span.fromMs - settlementMsMax, signal));
    }
    const options = {
      data,
      store,
      overlapMs: config.backfillOverlapMs,
      fetched: this.#fetched,
      handedOver: (until: AbortSignal) => this.#queue.passed(until),
      now: () => clock.now(),
    };
    return backfill(options, this.#tokens.of(tokenIds), span, signal);
  }

  async #settle(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#ledger.settle(this.#feeds.all.values());
      await pauseUntil(this.#options.clock, settleMs, signal);
    }
    this.#ledger.settle(this.#feeds.all.values());
  }

  async #writeLedger(): Promise<void> {
    const { store, log } = this.#options;
    try {
      await store.coverage.flush(this.#deadline.signal);
    } catch (error) {
      log.warn('the coverage ledger could not be written at the end', { error });
    }
  }
}
