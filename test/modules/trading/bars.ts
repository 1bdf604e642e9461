import { Big } from 'big.js';
import type { Candle } from '../../../modules/trading/candles.ts';

/** A bar of the given day of 2020, flat at `open` until it closes. */
export function bar(day: number, open: Big.BigSource, close: Big.BigSource = open): Candle {
  const prices = [new Big(open), new Big(close)] as const;
  const [low, high] = prices[0].lt(prices[1]) ? prices : [prices[1], prices[0]];
  return {
    time: new Date(Date.UTC(2020, 0, day)).toISOString(),
    open: prices[0],
    high,
    low,
    close: prices[1],
    volume: new Big(1000),
  };
}
