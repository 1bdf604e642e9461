/**
 * Candles: one bar of a market each, oldest first, prices as exact decimals. The shipped files are
 * data of the package, beside its package.json and not in the compiled tree; candles/README.md says
 * where they come from.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Big } from 'big.js';
import { packageRoot } from '../api/package-root.ts';

export interface Candle {
  /** Start of the bar, ISO-8601 UTC. A daily bar starts at midnight. */
  readonly time: string;
  readonly open: Big;
  readonly high: Big;
  readonly low: Big;
  readonly close: Big;
  readonly volume: Big;
}

/** What is shipped: symbol to file. */
const shippedFiles: ReadonlyMap<string, string> = new Map([['SP500', 'sp500-2000.csv']]);

/** The candles of a shipped symbol. Throws when the file is missing or a row is wrong. */
export function readShippedCandles(symbol: string): readonly Candle[] {
  const name = shippedFiles.get(symbol);
  if (name === undefined) {
    throw new Error(
      `cannot read candles of "${symbol}": shipped are ${[...shippedFiles.keys()].join(', ')}`,
    );
  }
  const file = path.join(packageRoot(), 'modules', 'trading', 'candles', name);
  return parseCandles(readFileSync(file, 'utf8'), file);
}

const header = 'date,open,high,low,close,adjclose,volume';

/**
 * Reads CSV with the columns date, open, high, low, close, adjclose, volume; adjclose is not used.
 * Every row is checked (a real date after the one before, low ≤ open and close ≤ high), because a
 * wrong bar would become a wrong trade.
 *
 * @param source named in errors, with the line number
 */
export function parseCandles(text: string, source: string): readonly Candle[] {
  const [first, ...rows] = text.replace(/\r?\n$/, '').split(/\r?\n/);
  if (first !== header) {
    throw new Error(`cannot read candles from ${source}:1: expected the header "${header}"`);
  }
  const candles: Candle[] = [];
  for (const [index, row] of rows.entries()) {
    const fail: Fail = (what) => {
      throw new Error(`cannot read candles from ${source}:${index + 2}: ${what}`);
    };
    candles.push(parseRow(row, candles.at(-1), fail));
  }
  if (candles.length === 0) throw new Error(`cannot read candles from ${source}: it has no rows`);
  return candles;
}

type Fail = (what: string) => never;

function parseRow(row: string, before: Candle | undefined, fail: Fail): Candle {
  const [date = '', open, high, low, close, , volume, ...more] = row.split(',');
  if (more.length > 0) fail(`expected 7 cells, found ${7 + more.length}`);
  const candle: Candle = {
    time: startOfDay(date, fail),
    open: parseAmount('open', open, fail),
    high: parseAmount('high', high, fail),
    low: parseAmount('low', low, fail),
    close: parseAmount('close', close, fail),
    volume: parseAmount('volume', volume, fail),
  };
  if (before !== undefined && candle.time <= before.time) {
    fail(`${date} is not after the row before it`);
  }
  if (candle.low.lte(0)) fail('a price must be above zero');
  for (const price of [candle.open, candle.close]) {
    if (price.lt(candle.low) || price.gt(candle.high)) {
      fail(`${price.toFixed()} lies outside low and high`);
    }
  }
  return candle;
}

function startOfDay(date: string, fail: Fail): string {
  const time = new Date(`${date}T00:00:00Z`);
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(time.getTime())) {
    fail(`"${date}" is not a date of the form YYYY-MM-DD`);
  }
  // Date reads 02-30 as the first of March.
  if (!time.toISOString().startsWith(date)) fail(`${date} is not in the calendar`);
  return time.toISOString();
}

function parseAmount(column: string, cell: string | undefined, fail: Fail): Big {
  if (cell === undefined) return fail(`the column ${column} is missing`);
  if (!/^\d{1,18}(\.\d{1,18})?$/.test(cell)) fail(`${column} is "${cell}"`);
  return new Big(cell);
}
