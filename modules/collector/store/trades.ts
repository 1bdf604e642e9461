/**
 * Trades, through a batch writer of one connection: batches are written one after the other, since what
 * keeps a trade from being stored with two times is a look for its id, and not an index alone.
 */
import {
  type BatchWriter,
  type Database,
  openBatchWriter,
  type RefusedRow,
} from '../../api/database.ts';
import type { Logger } from '../../api/log.ts';
import type { Quarantined, Trade } from '../rows.ts';
import type { TradeCounts } from '../store.ts';
import { whyNoTrade } from './acceptance.ts';
import { dayOf, dayText } from './days.ts';
import type { Partitions } from './partitions.ts';

export interface TradesParts {
  readonly database: Database;
  readonly partitions: Partitions;
  /** Where trades wait while the database is away. */
  readonly spillFolder: string;
  readonly quarantine: (rows: readonly Quarantined[]) => void;
  readonly now: () => number;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
}

/** A row of the batch, in the table's own names. */
interface TradeRow {
  readonly ts: Date;
  readonly token_id: string;
  readonly side: string;
  readonly price: string;
  readonly size: string;
  readonly trade_id: string;
  readonly transaction_hash: string | null;
  readonly source: string;
}

export class Trades {
  readonly #parts: TradesParts;
  #writer: BatchWriter<TradeRow> | null = null;
  #quarantined = 0;
  /** Stored by another way than the writer's. */
  #insertedApart = 0;

  private constructor(parts: TradesParts) {
    this.#parts = parts;
  }

  /** Begins with what an earlier run could not store. */
  static async open(parts: TradesParts): Promise<Trades> {
    const trades = new Trades(parts);
    trades.#writer = await openBatchWriter<TradeRow>(parts.database, {
      name: 'trades',
      columns,
      statement: insertTrades,
      spill: { folder: parts.spillFolder },
      onRefused: (refused) => trades.#takeRefused(refused),
      log: parts.log,
    });
    return trades;
  }

  get counts(): TradeCounts {
    const { rows_committed, queued_rows, spill_rows } = this.#open.metrics;
    return {
      inserted: rows_committed + this.#insertedApart,
      quarantined: this.#quarantined,
      waiting: queued_rows + spill_rows,
    };
  }

  get metrics(): BatchWriter<TradeRow>['metrics'] {
    return this.#open.metrics;
  }

  async add(trades: readonly Trade[], signal?: AbortSignal): Promise<void> {
    const rows: TradeRow[] = [];
    for (const trade of trades) {
      const why = whyNoTrade(trade);
      if (why === null) rows.push(rowOf(trade));
      else this.#refuse(why, trade);
    }
    if (rows.length > 0) await this.#open.write(rows, signal === undefined ? {} : { signal });
  }

  async flush(signal?: AbortSignal): Promise<void> {
    await this.#open.flush(signal === undefined ? {} : { signal });
  }

  async close(deadlineMs: number): Promise<void> {
    await this.#open.close(deadlineMs);
  }

  get #open(): BatchWriter<TradeRow> {
    if (this.#writer === null) throw new Error('the writer of trades is not open yet');
    return this.#writer;
  }

  /** A row of a day without a partition gets one, where such a day may be; any other is kept apart. */
  async #takeRefused(refused: readonly RefusedRow<TradeRow>[]): Promise<void> {
    const { database, partitions } = this.#parts;
    const homeless = refused.filter(({ error }) => error.sqlState === checkViolation);
    const days = homeless.map(({ row }) => row.ts.getTime());
    const denied = await partitions.ensure('trades', days);
    const placed = homeless.filter(({ row }) => !denied.has(dayOf(row.ts.getTime())));
    if (placed.length > 0) {
      const values = Object.keys(columns).map((name) =>
        placed.map(({ row }) => row[name as keyof TradeRow]),
      );
      const { count } = await database.query(insertTrades(batchOfValues()), values, {
        isIdempotent: true,
      });
      this.#insertedApart += count;
    }
    for (const one of refused) {
      if (placed.includes(one)) continue;
      const day = dayText(dayOf(one.row.ts.getTime()));
      const why = homeless.includes(one) ? `too many odd days to keep ${day}` : one.error.message;
      this.#refuse(why, one.row);
    }
  }

  #refuse(reason: string, row: unknown): void {
    this.#quarantined += 1;
    const raw = JSON.stringify(row);
    this.#parts.quarantine([{ collector: 'trades', atMs: this.#parts.now(), reason, raw }]);
  }
}

/** SQLSTATE, also of a row that no partition takes. */
const checkViolation = '23514';

const columns: Readonly<Record<keyof TradeRow, string>> = {
  ts: 'timestamptz',
  token_id: 'text',
  side: 'text',
  price: 'numeric',
  size: 'numeric',
  trade_id: 'text',
  transaction_hash: 'text',
  source: 'text',
};

function rowOf(trade: Trade): TradeRow {
  return {
    ts: new Date(trade.atMs),
    token_id: trade.tokenId,
    side: trade.side,
    price: trade.price,
    size: trade.size,
    trade_id: trade.id,
    transaction_hash: trade.transactionHash,
    source: trade.source,
  };
}

function batchOfValues(): string {
  const arrays = Object.values(columns).map((type, index) => `$${index + 1}::${type}[]`);
  return `unnest(${arrays.join(', ')}) AS batch (${Object.keys(columns).join(', ')})`;
}

/**
 * Stores what is new and adds it to its hours, or neither; counts what was new. In a batch the stream's
 * word goes before that of the venue's history, whose time is later. The look for the id is written so
 * that it stays one probe of an index for each row, whatever the planner believes of a day that has
 * just begun. Hours are written in one order, so that two writers never wait for each other.
 */
function insertTrades(batch: string): string {
  const names = Object.keys(columns).join(', ');
  return `
WITH given AS (
  SELECT DISTINCT ON (trade_id) ${names} FROM ${batch} ORDER BY trade_id, source DESC
), added AS (
  INSERT INTO trades (${names})
  SELECT ${names} FROM given
  WHERE (
    SELECT true FROM trades t
    WHERE t.trade_id = given.trade_id
      AND t.ts > given.ts - interval '6 hours' AND t.ts < given.ts + interval '6 hours'
    LIMIT 1
  ) IS NULL
  ON CONFLICT (trade_id, ts) DO NOTHING
  RETURNING token_id, ts, price, size
), hours AS (
  INSERT INTO trade_volume_1h AS hour
    (token_id, bucket, trade_count, total_size, total_value, price_sum)
  SELECT token_id, date_trunc('hour', ts, 'UTC'), count(*), sum(size), sum(price * size), sum(price)
  FROM added GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (token_id, bucket) DO UPDATE SET
    trade_count = hour.trade_count + excluded.trade_count,
    total_size = hour.total_size + excluded.total_size,
    total_value = hour.total_value + excluded.total_value,
    price_sum = hour.price_sum + excluded.price_sum
)
SELECT FROM added`;
}
