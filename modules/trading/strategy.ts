import type { Candle } from './candles.ts';

/** What a strategy wants after a bar has closed. `enter` and `exit` are said once, at the change. */
export type Signal = 'enter' | 'exit' | 'hold';

/**
 * Sees every bar once, in order, when it has closed; knows neither orders nor money. It must be
 * deterministic: after a restart it is fed the bars from the first one again to stand where it stood.
 */
export interface Strategy {
  next(candle: Candle): Signal;
}
