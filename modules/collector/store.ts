/** What collectors see of the database. `openStore` of `store/open.ts` makes one. */
import type {
  Market,
  OrderbookSnapshot,
  PriceSnapshot,
  Quarantined,
  Resolution,
  Token,
  Trade,
} from './rows.ts';

/**
 * Every promise rejects when the database refuses or does not answer in time, and when the signal
 * aborts. Then nothing of that call may be taken as stored; to call again with the same rows is
 * always safe, since no row is ever stored twice.
 *
 * A row that no table can hold (a price that is no decimal, a time that cannot be, text too long) does
 * not fail the others: it goes to the quarantine and is counted there.
 */
export interface Store {
  /** Inserts, or brings up to date by `conditionId`. Gives how many were new or have changed. */
  upsertMarkets(markets: readonly Market[], signal?: AbortSignal): Promise<number>;

  /** Tokens of the `marketsMax` busiest markets that are active and not closed, each once. */
  activeTokens(marketsMax: number, signal?: AbortSignal): Promise<readonly Token[]>;

  /**
   * Tokens of markets that are over, and were found to be, or have changed, since then: they may have
   * been traded until that moment.
   */
  closedTokens(sinceMs: number, signal?: AbortSignal): Promise<readonly Token[]>;

  /** Tokens of markets that were stored for the first time since then, over or not. */
  foundTokens(sinceMs: number, signal?: AbortSignal): Promise<readonly Token[]>;

  /** Gives how many were not there yet. */
  addPrices(rows: readonly PriceSnapshot[], signal?: AbortSignal): Promise<number>;

  /** Gives how many were not there yet. */
  addOrderbooks(rows: readonly OrderbookSnapshot[], signal?: AbortSignal): Promise<number>;

  /**
   * Resolves when the trades are safe: committed, together with the figures of their hours, or on disk
   * while the database is away. One that is there already counts nowhere.
   */
  addTrades(trades: readonly Trade[], signal?: AbortSignal): Promise<void>;

  /** What became of all trades since the store was opened. */
  readonly tradeCounts: TradeCounts;

  /** Resolves when all trades handed in before are committed; rejects while the database is away. */
  flushTrades(signal?: AbortSignal): Promise<void>;

  /** Those of the ids that are stored with a time within `span`. */
  knownTradeIds(
    ids: readonly string[],
    span: Span,
    signal?: AbortSignal,
  ): Promise<ReadonlySet<string>>;

  /** Trades of these tokens, within `span`, that came without a transaction hash: few, as a rule. */
  tradesWithoutHash(
    tokenIds: readonly string[],
    span: Span,
    signal?: AbortSignal,
  ): Promise<readonly Trade[]>;

  /**
   * What is new becomes the market's verdict and a line of its history; a final verdict closes the
   * market. Cursors move in the same transaction. Gives how many verdicts were new or have changed:
   * 0 when all is known.
   */
  addResolutions(
    rows: readonly Resolution[],
    cursors?: readonly Cursor[],
    signal?: AbortSignal,
  ): Promise<number>;

  /**
   * Markets without a final verdict that are closed or past their end, by condition id after `after`.
   * Walk on with the last one's id; an empty answer is the end.
   */
  unresolvedMarkets(
    after: string | null,
    limit: number,
    signal?: AbortSignal,
  ): Promise<readonly UnresolvedMarket[]>;

  /** The place a collector has come to, as it saved it; null when it never did. */
  cursor(name: string, signal?: AbortSignal): Promise<string | null>;
  saveCursor(cursor: Cursor, signal?: AbortSignal): Promise<void>;

  /**
   * Only notes them, as `coverage` does. Keeps the newest ones and counts all, by collector and day.
   */
  quarantine(rows: readonly Quarantined[]): void;

  readonly coverage: Coverage;
}

/** Both ends belong to it. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface TradeCounts {
  /** Committed, without duplicates. Too low by a batch whose COMMIT was lost with its answer. */
  readonly inserted: number;
  readonly quarantined: number;
  /** In memory and on disk, not committed yet. */
  readonly waiting: number;
}

export interface Cursor {
  readonly name: string;
  readonly value: string;
}

export interface UnresolvedMarket {
  readonly conditionId: string;
  readonly outcomes: readonly string[];
  readonly tokenIds: readonly string[];
  readonly endDateIso: string | null;
}

/**
 * What is known to be complete, per stream, such as "trades/0" or "prices": the collector's name, and
 * for one with several connections a number. A stream of a polling collector is connected from a cycle
 * that succeeded until one that failed.
 *
 * The calls only note; what they note is written together, every two seconds and at the end, and while
 * the database is away it waits here. After a crash the ledger says less than was true, never more.
 */
export interface Coverage {
  /**
   * From now on these are the streams of the collector, connected only if this run has said so. Those
   * it had before and that are not named are expected no longer. What a crashed run left connected is
   * taken as lost since its last `covered`. One that connects without being named is added.
   */
  expect(collector: string, streams: readonly string[], atMs: number): void;

  connected(stream: string, atMs: number): void;
  disconnected(stream: string, atMs: number, reason: string): void;

  /** Something arrived: the time of the last frame, for people. Cheap: call it for every frame. */
  frame(stream: string, atMs: number): void;

  /**
   * All that the connected stream brought until then is safe in the database (or it brought nothing
   * and was known to live). Only this makes time count as covered: call it after `addTrades` has
   * resolved, with the time at which the last of those trades was received.
   */
  covered(stream: string, untilMs: number): void;

  /** Connected, yet it is known that something of that time is missing: a freeze, an overflow. */
  gap(stream: string, fromMs: number, toMs: number, reason: string): void;

  /** All of that time has been fetched by other means and is safe in the database. */
  backfilled(stream: string, fromMs: number, toMs: number, rows: number): void;

  /** Counts for the day of `atMs`. Quarantined ones are counted by `Store.quarantine` itself. */
  dropped(stream: string, count: number, atMs: number): void;

  /**
   * Times since `sinceMs` that nothing covers, oldest first, of every stream of the collector, those
   * it has no longer too: what is to be back-filled, also what an earlier run could not. A stream's
   * ends with its last connection; what waits to be written counts. At most 1,000.
   */
  gaps(collector: string, sinceMs: number, signal?: AbortSignal): Promise<readonly Gap[]>;

  /** Writes what waits now. */
  flush(signal?: AbortSignal): Promise<void>;
}

export interface Gap {
  readonly stream: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
}
