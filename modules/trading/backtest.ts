/**
 * The whole replay at once, without its pace: some 5,000 bars of exact decimals, which take long
 * enough to be done in a thread. So this file is a task of a thread pool: its default export is called
 * there, with what `structuredClone` can copy.
 */
import { balanceOf } from './answers.ts';
import { readShippedCandles } from './candles.ts';
import { openBook } from './engine.ts';
import { MovingAverageCross } from './moving-average.ts';
import { parseParams } from './params.ts';
import { Trader } from './trader.ts';

export interface BacktestTask {
  readonly symbol: string;
  /** As a replay takes them; `speed` means nothing here. */
  readonly params: unknown;
}

/** What a replay with these params would have at its end. Throws when they are wrong. */
export default function backtest({ symbol, params: raw }: BacktestTask) {
  const parsed = parseParams(raw);
  if (!parsed.ok) throw new Error(parsed.problem);
  const { params } = parsed;
  const candles = readShippedCandles(symbol);
  const trader = new Trader(
    { symbol, feeRate: params.feePercent.div(100) },
    new MovingAverageCross(params),
    openBook(params.startingCash),
  );
  for (const candle of candles) trader.trade(candle);
  const { cash, equity, starting_cash, fees_paid, realized_pnl, unrealized_pnl, as_of } = balanceOf(
    trader,
    'backtest',
    true,
  );
  return {
    symbol,
    bars: candles.length,
    fast: params.fast,
    slow: params.slow,
    fee_percent: params.feePercent.toFixed(),
    fills: trader.book.fills,
    ...{ cash, equity, starting_cash, fees_paid, realized_pnl, unrealized_pnl, as_of },
  };
}
