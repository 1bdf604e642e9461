import { Big } from 'big.js';
import { z } from 'zod';

/** What the module was asked to do, checked; amounts as exact decimals. */
export interface TradingParams {
  readonly mode: 'replay';
  /** Bars a second. */
  readonly speed: number;
  readonly startingCash: Big;
  /** Per cent of the value of each fill. */
  readonly feePercent: Big;
  /** Windows of the moving averages, in bars. */
  readonly fast: number;
  readonly slow: number;
}

export type ParsedParams =
  | { readonly ok: true; readonly params: TradingParams }
  | { readonly ok: false; readonly problem: string };

const speedMax = 1000;
const windowMax = 1000;

const speedRule = `expected bars a second, above 0 and up to ${speedMax}`;
const windowRule = `expected a whole number of bars from 1 to ${windowMax}`;
const cashRule = 'expected an amount above 0 such as "10000" or "2500.50"';
const feeRule = 'expected per cent from 0 to 50 such as 0.1';

const schema = z.strictObject({
  mode: z.literal('replay', 'expected "replay", the only mode there is').default('replay'),
  speed: number(z.number(speedRule).positive(speedRule).max(speedMax, speedRule)).default(5),
  starting_cash: amount(cashRule, (value) => value.gt(0)).default(new Big(10_000)),
  fee_percent: amount(feeRule, (value) => value.lte(50)).default(new Big('0.1')),
  fast: windowOf().default(20),
  slow: windowOf().default(50),
});

/** Names every param that is wrong, what it was, and what is expected, in one line. */
export function parseParams(raw: unknown): ParsedParams {
  const result = schema.safeParse(raw);
  if (!result.success) {
    return {
      ok: false,
      problem: result.error.issues.map((issue) => explain(issue, raw)).join('; '),
    };
  }
  const { mode, speed, starting_cash, fee_percent, fast, slow } = result.data;
  if (fast >= slow) {
    return {
      ok: false,
      problem: `param "fast" is ${fast}: expected less than slow, which is ${slow}`,
    };
  }
  return {
    ok: true,
    params: { mode, speed, startingCash: starting_cash, feePercent: fee_percent, fast, slow },
  };
}

/** A decimal as text, or a number as YAML and the command line give it. */
function amount(rule: string, holds: (value: Big) => boolean) {
  return z
    .union([z.string(), z.number()], rule)
    .transform(String)
    .refine((text) => /^\d{1,15}(\.\d{1,8})?$/.test(text) && holds(new Big(text)), rule)
    .transform((text) => new Big(text));
}

function windowOf() {
  return number(z.int(windowRule).min(1, windowRule).max(windowMax, windowRule));
}

/** Also as text: `${NAME}` in a configuration always gives text. */
function number(rule: z.ZodNumber) {
  const read = (value: unknown) =>
    typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  return z.preprocess(read, rule);
}

function explain(issue: z.core.$ZodIssue, raw: unknown): string {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schema.shape).join(', ');
    return `unknown param ${issue.keys.map((key) => `"${key}"`).join(', ')}: expected ${known}`;
  }
  const [name] = issue.path;
  if (name === undefined) return 'params are not an object: expected names with values';
  const value = (raw as Record<PropertyKey, unknown>)[name];
  return `param "${String(name)}" is ${JSON.stringify(value)}: ${issue.message}`;
}
