/**
 * What a replay needs to go on where it stood: the next bar and the book. The strategy is not in it;
 * it is shown the bars before the next one again. `settings` says which run it belongs to: a
 * checkpoint of another run is not used. `speed` is not part of it.
 */
import { createHash } from 'node:crypto';
import { Big } from 'big.js';
import { z } from 'zod';
import type { Candle } from './candles.ts';
import type { Book } from './engine.ts';
import type { TradingParams } from './params.ts';

export interface Checkpoint {
  readonly settings: RunSettings;
  readonly nextBar: number;
  readonly book: Book;
}

/** Whatever changes the trades of a run. */
export type RunSettings = z.infer<typeof settingsShape>;

const settingsShape = z.strictObject({
  symbol: z.string(),
  candles: z.string().describe('SHA-256 of all bars'),
  starting_cash: z.string(),
  fee_percent: z.string(),
  fast: z.int(),
  slow: z.int(),
});

export function runSettings(
  symbol: string,
  candles: readonly Candle[],
  params: TradingParams,
): RunSettings {
  return {
    symbol,
    candles: digest(candles),
    starting_cash: params.startingCash.toFixed(),
    fee_percent: params.feePercent.toFixed(),
    fast: params.fast,
    slow: params.slow,
  };
}

function digest(candles: readonly Candle[]): string {
  const hash = createHash('sha256');
  for (const { time, open, high, low, close } of candles) {
    hash.update(`${time} ${[open, high, low, close].map((price) => price.toFixed()).join(' ')}\n`);
  }
  return hash.digest('hex');
}

const decimal = z.codec(z.string().regex(/^-?\d{1,60}(\.\d{1,60})?$/), z.instanceof(Big), {
  decode: (text) => new Big(text),
  encode: (value) => value.toFixed(),
});

const pendingShape = z.strictObject({
  id: z.string(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  size: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('quantity'), quantity: decimal }),
    z.strictObject({ kind: z.literal('spend'), cash: decimal }),
  ]),
  createdAt: z.iso.datetime(),
});

const settledShape = pendingShape.extend({
  outcome: z.discriminatedUnion('status', [
    z.strictObject({
      status: z.literal('filled'),
      at: z.iso.datetime(),
      quantity: decimal,
      price: decimal,
      fee: decimal,
    }),
    z.strictObject({
      status: z.literal('rejected'),
      at: z.iso.datetime(),
      quantity: decimal,
      reason: z.string(),
    }),
  ]),
});

const holding = z.strictObject({ quantity: decimal, cost: decimal, openedAt: z.iso.datetime() });

const checkpointShape = z.strictObject({
  version: z.literal(1),
  settings: settingsShape,
  nextBar: z.int().min(0),
  book: z.strictObject({
    portfolio: z.strictObject({
      startingCash: decimal,
      cash: decimal,
      realizedPnl: decimal,
      feesPaid: decimal,
      positions: z.array(z.tuple([z.string(), holding])),
    }),
    ordersTaken: z.int().min(0),
    fills: z.int().min(0),
    pending: z.array(pendingShape),
    settled: z.array(settledShape),
  }),
});

export function encodeCheckpoint({ settings, nextBar, book }: Checkpoint): string {
  const positions = [...book.portfolio.positions];
  const document: z.output<typeof checkpointShape> = {
    version: 1,
    settings,
    nextBar,
    book: {
      ...book,
      portfolio: { ...book.portfolio, positions },
      pending: [...book.pending],
      settled: [...book.settled],
    },
  };
  return JSON.stringify(z.encode(checkpointShape, document));
}

export type Decoded =
  | { readonly ok: true; readonly checkpoint: Checkpoint }
  | { readonly ok: false; readonly reason: string };

/** Refuses, with the reason, what is damaged, of another run, or does not add up. */
export function decodeCheckpoint(text: string, settings: RunSettings, bars: number): Decoded {
  const read = readDocument(text);
  if (!read.ok) return read;
  const { checkpoint } = read;
  const other = Object.entries(settings).find(
    ([key, value]) => checkpoint.settings[key as keyof RunSettings] !== value,
  );
  if (other !== undefined) {
    return { ok: false, reason: `it belongs to a run with another value of ${other[0]}` };
  }
  if (checkpoint.nextBar > bars) {
    return { ok: false, reason: `it stands at bar ${checkpoint.nextBar} of ${bars}` };
  }
  if (!addsUp(checkpoint.book)) return { ok: false, reason: 'its amounts do not add up' };
  return { ok: true, checkpoint };
}

function readDocument(text: string): Decoded {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // A syntax error of JSON quotes the text; that it is none says enough here.
    return { ok: false, reason: 'it is not JSON' };
  }
  const result = checkpointShape.safeParse(json);
  if (!result.success) {
    const [issue] = result.error.issues;
    return {
      ok: false,
      reason: `it has another form: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    };
  }
  const { settings, nextBar, book } = result.data;
  const positions = new Map(book.portfolio.positions);
  const portfolio = { ...book.portfolio, positions };
  return { ok: true, checkpoint: { settings, nextBar, book: { ...book, portfolio } } };
}

function addsUp({ portfolio }: Book): boolean {
  let owned = portfolio.cash;
  for (const { cost } of portfolio.positions.values()) owned = owned.plus(cost);
  const earned = portfolio.startingCash.plus(portfolio.realizedPnl).minus(portfolio.feesPaid);
  return portfolio.cash.gte(0) && owned.eq(earned);
}
