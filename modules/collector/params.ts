import { z } from 'zod';
import { durationMs } from '../api/duration.ts';
import { duration, explainParams, whole } from '../api/param-rules.ts';

/** What the module was asked to do, checked. See README.md for each. */
export interface CollectorParams {
  readonly urls: {
    readonly gamma: string;
    readonly clob: string;
    readonly data: string;
    readonly stream: string;
  };
  readonly intervalsMs: {
    readonly metadata: number;
    readonly prices: number;
    readonly orderbooks: number;
    readonly resolutions: number;
  };
  readonly marketsMax: number;
  /** Books in one request. */
  readonly orderbookChunk: number;
  readonly trades: {
    readonly queueMax: number;
    readonly batchMax: number;
    readonly pingIntervalMs: number;
    readonly tokensPerConnection: number;
    readonly tokenRefreshMs: number;
    readonly freezeTimeoutMs: number;
    readonly connectionAgeMs: number;
    readonly backfillOverlapMs: number;
    readonly backfillAfterMs: readonly number[];
    readonly sweepIntervalMs: number;
  };
  readonly healthLogIntervalMs: number;
  /** The schema of the database in which the tables are. */
  readonly schema: string;
  /** Days that are kept. Books are kept for ever where it is null. */
  readonly retentionDays: { readonly history: number; readonly orderbooks: number | null };
}

export type ParsedParams =
  | { readonly ok: true; readonly params: CollectorParams }
  | { readonly ok: false; readonly problem: string };

const schemaName = /^[a-z][a-z0-9_]{0,47}$/;

const schema = z.strictObject({
  gamma_url: address('https', 'gamma-api.polymarket.com'),
  clob_url: address('https', 'clob.polymarket.com'),
  data_url: address('https', 'data-api.polymarket.com'),
  stream_url: address('wss', 'ws-subscriptions-clob.polymarket.com/ws/market'),
  price_interval: interval(60),
  orderbook_interval: interval(300),
  metadata_interval: interval(300),
  resolution_interval: interval(300),
  max_markets: whole(10_000, 1, 100_000),
  orderbook_chunk: whole(20, 1, 500),
  trade_queue: whole(10_000, 1, 1_000_000),
  trade_batch: whole(1000, 1, 10_000),
  ping_interval: interval(10),
  tokens_per_connection: whole(200, 1, 500),
  token_refresh: interval(60),
  freeze_timeout: interval(15),
  connection_age: interval(900),
  backfill_overlap: interval(60),
  backfill_delays: durations([5, 60, 330]),
  sweep_interval: interval(600),
  health_log_interval: interval(60),
  schema: z
    .string()
    .regex(schemaName, 'expected small letters, digits and _, beginning with a letter')
    .default('collector'),
  retention_days: whole(90, 1, 36_500),
  orderbook_retention_days: whole(36_500, 1, 36_500).nullable().default(null),
});

/**
 * Names every param that is wrong, what it was, and what is expected, in one line.
 *
 * @param environment `COLLECTOR_PRICE_INTERVAL=30` and the like, which take precedence
 */
export function parseParams(
  given: unknown,
  environment: Readonly<Record<string, string | undefined>> = {},
): ParsedParams {
  const raw = { ...(given as object), ...fromEnvironment(environment) };
  const result = schema.safeParse(raw);
  if (!result.success) return { ok: false, problem: explainParams(result.error, raw, schema) };
  const { data } = result;
  return {
    ok: true,
    params: {
      urls: {
        gamma: data.gamma_url,
        clob: data.clob_url,
        data: data.data_url,
        stream: data.stream_url,
      },
      intervalsMs: {
        metadata: data.metadata_interval,
        prices: data.price_interval,
        orderbooks: data.orderbook_interval,
        resolutions: data.resolution_interval,
      },
      marketsMax: data.max_markets,
      orderbookChunk: data.orderbook_chunk,
      trades: {
        queueMax: data.trade_queue,
        batchMax: data.trade_batch,
        pingIntervalMs: data.ping_interval,
        tokensPerConnection: data.tokens_per_connection,
        tokenRefreshMs: data.token_refresh,
        freezeTimeoutMs: data.freeze_timeout,
        connectionAgeMs: data.connection_age,
        backfillOverlapMs: data.backfill_overlap,
        backfillAfterMs: data.backfill_delays,
        sweepIntervalMs: data.sweep_interval,
      },
      healthLogIntervalMs: data.health_log_interval,
      schema: data.schema,
      retentionDays: { history: data.retention_days, orderbooks: data.orderbook_retention_days },
    },
  };
}

function fromEnvironment(environment: Readonly<Record<string, string | undefined>>) {
  return Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = environment[`COLLECTOR_${name.toUpperCase()}`];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

function address(scheme: 'https' | 'wss', host: string) {
  const protocols = [`${scheme}:`, `${scheme.slice(0, -1)}:`];
  const rule = `expected an address such as ${scheme}://${host}`;
  return z
    .string(rule)
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol), rule)
    .default(`${scheme}://${host}`);
}

function interval(defaultSeconds: number) {
  const rule = 'expected a duration from 50ms to 30d, such as 60 (seconds) or "5m"';
  return duration(defaultSeconds, { minMs: 50, maxMs: 30 * 86_400_000, rule });
}

/** A trade may be in a block 2.5 s after its match, and is left to the stream for 2 s more. */
const lastDelayMsMin = 5000;

/** A list, or text with commas, ascending. The last look must see what all others may come too early for. */
function durations(defaultSeconds: readonly number[]) {
  const rule =
    'expected durations in ascending order, the last of 5 s at least, such as [5, 60, 330]';
  return z
    .unknown()
    .default(defaultSeconds)
    .transform((value, context) => {
      const list = typeof value === 'string' ? value.split(',').map((one) => one.trim()) : value;
      const all = Array.isArray(list) ? list.map(durationMs) : [];
      const known = all.filter((ms) => ms !== null);
      const isAscending = known.every((ms, index) => ms >= (known[index - 1] ?? 0));
      const isLate = (known.at(-1) ?? 0) >= lastDelayMsMin;
      if (isLate && known.length === all.length && isAscending) return known;
      context.addIssue(rule);
      return z.NEVER;
    });
}
