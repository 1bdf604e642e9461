/** What a trading module answers, as it travels. */
import * as z from 'zod';

const time = z.iso.datetime().describe('ISO-8601, UTC');

/** An amount of money or a quantity: an exact decimal as a string, never a floating-point number. */
export const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);

export const position = z.object({
  symbol: z.string(),
  side: z.enum(['long', 'short']),
  quantity: decimal,
  average_price: decimal,
  market_price: decimal,
  market_value: decimal,
  unrealized_pnl: decimal,
  opened_at: time,
});
export type Position = z.infer<typeof position>;

export const order = z.object({
  order_id: z.string(),
  symbol: z.string(),
  side: z.enum(['buy', 'sell']),
  type: z.enum(['market']),
  quantity: decimal,
  status: z.enum(['pending', 'filled', 'rejected']),
  created_at: time,
  filled_at: time.nullable(),
  price: decimal.nullable(),
  fee: decimal.nullable(),
  reason: z.string().nullable(),
});
export type Order = z.infer<typeof order>;

export const balance = z.object({
  mode: z.string(),
  currency: z.string(),
  cash: decimal,
  equity: decimal.describe('cash plus open positions at the last close'),
  starting_cash: decimal,
  fees_paid: decimal,
  realized_pnl: decimal,
  unrealized_pnl: decimal,
  as_of: time.nullable().describe('time of the last bar seen'),
  replay_finished: z.boolean(),
});
export type Balance = z.infer<typeof balance>;

/** The names that these shapes have in the documents made from the table. */
const named = { Position: position, Order: order, Balance: balance };
for (const [id, schema] of Object.entries(named)) z.globalRegistry.add(schema, { id });
