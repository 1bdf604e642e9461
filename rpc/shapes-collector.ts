/** What the collector answers, as it travels. */
import * as z from 'zod';
import { decimal } from './shapes-trading.ts';

const time = z.iso.datetime().describe('ISO-8601, UTC');
const count = z.number().int().min(0);

export const collectorName = z.enum(['metadata', 'prices', 'orderbooks', 'resolutions', 'trades']);

const task = z.object({
  collector: z.string(),
  state: z.enum(['running', 'restarting', 'failed', 'stopped']),
  restarts: count,
});

const polling = task.extend({
  interval: z.number().describe('seconds'),
  last_collect_ts: time.nullable(),
  total_items: count,
  error_count: count,
  last_error: z.string().nullable(),
});

const listening = task.extend({
  started_at: time.nullable(),
  trades_received: count,
  trades_inserted: count.describe('without those that were there already'),
  batches_inserted: count,
  connections_active: count,
  reconnections: count,
  queue_depth: count,
  last_trade_ts: time.nullable(),
  last_insert_ts: time.nullable(),
  last_reconnect_ts: time.nullable(),
  backfill_pending: count.describe('gaps and tokens that are still to be fetched'),
  commit_latency_ms: z
    .object({ p50: count, p99: count, max: count })
    .nullable()
    .describe('from a frame to its trades being safe, of the last minute'),
});

const table = z.object({
  table: z.string(),
  rows: count.describe("the server's estimate"),
  bytes: count,
  partitions: count,
  oldest_day: z.iso.date().nullable(),
});

/** Loose where a newer collector may say more of itself. */
export const collectorStatus = z.looseObject({
  started_at: time,
  uptime_seconds: z.number(),
  tasks_alive: count,
  tasks_dead: count,
  total_restarts: count,
  collectors: z.array(z.looseObject(polling.shape)),
  trade_listener: z.looseObject(listening.shape).nullable(),
  tables: z.array(table),
});
export type CollectorStatus = z.infer<typeof collectorStatus>;

const share = z.number().min(0).max(1).nullable().describe('1 is all; null: nothing was expected');

export const collectorCoverage = z.object({
  since: time,
  until: time,
  days: z.array(
    z.object({
      day: z.iso.date(),
      collector: z.string(),
      completeness: share,
      expected_seconds: z.number().describe('of all its streams'),
      covered_seconds: z.number(),
      dropped: count,
      quarantined: count,
    }),
  ),
  streams: z.array(
    z.object({
      stream: z.string(),
      collector: z.string(),
      connected: z.boolean(),
      expected: z.boolean().describe('false: one that it had earlier'),
      last_frame_at: time.nullable(),
      covered_until: time.nullable(),
      completeness: share,
    }),
  ),
  gaps_total: count,
  gaps: z
    .array(
      z.object({
        stream: z.string(),
        from: time,
        to: time,
        seconds: z.number(),
        reason: z.string(),
      }),
    )
    .describe('what nothing covers, the newest 200'),
  backfilled: z
    .array(z.object({ stream: z.string(), from: time, to: time, rows: count, done_at: time }))
    .describe('the newest 200'),
});
export type CollectorCoverage = z.infer<typeof collectorCoverage>;

export const coverageParams = z.strictObject({
  since: time.optional().describe('default: a day ago'),
});

export const collectParams = z.strictObject({ collector: collectorName.exclude(['trades']) });
export const collected = z.object({ collector: z.string(), items: count });

export const queryKind = z.enum(['trades', 'prices', 'books']);
export type QueryKind = z.infer<typeof queryKind>;

export const queryParams = z.strictObject({
  kind: queryKind,
  from: time,
  to: time.describe('not in it'),
  token: z.string().max(128).optional(),
  after: z.string().max(250).optional().describe('"next" of the page before'),
  limit: z.number().int().min(1).max(10_000).optional(),
});

export const tradeRow = z.object({
  ts: time,
  token_id: z.string(),
  side: z.enum(['BUY', 'SELL']),
  price: decimal,
  size: decimal,
  trade_id: z.string(),
  transaction_hash: z.string().nullable(),
  source: z.enum(['stream', 'backfill']),
});

export const priceRow = z.object({
  ts: time,
  token_id: z.string(),
  price: decimal,
  volume_24h: decimal,
});

const levels = z.array(z.tuple([decimal, decimal])).describe('price and size, best first');

export const bookRow = z.object({
  ts: time,
  token_id: z.string(),
  bids: levels,
  asks: levels,
  spread: decimal.nullable(),
  midpoint: decimal.nullable(),
  is_ghost: z.boolean(),
});

export const queryPage = z.object({
  rows: z.array(z.union([tradeRow, priceRow, bookRow])).describe('of the kind that was asked for'),
  next: z.string().nullable().describe('null: there is no more; else there may be'),
});

/** The names that these shapes have in the documents made from the table. */
const named = {
  CollectorStatus: collectorStatus,
  CollectorCoverage: collectorCoverage,
  CollectedTrade: tradeRow,
  CollectedPrice: priceRow,
  CollectedBook: bookRow,
};
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
