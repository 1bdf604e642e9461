import { Big } from 'big.js';
import type { Candle } from './candles.ts';
import type { Signal, Strategy } from './strategy.ts';

/** Windows in bars; fast is the shorter one. */
export interface CrossWindows {
  readonly fast: number;
  readonly slow: number;
}

/**
 * The cross of two simple moving averages of the close: `enter` when the fast one rises above the
 * slow one, `exit` when it falls below it. Equal averages keep the side they had, and the first bar
 * with both averages only sets the side: a trend that was there before the data began is no cross.
 *
 * One step costs the same at any window. The sums are exact, so they equal a fresh sum of the window
 * at every bar, however many bars went by.
 */
export class MovingAverageCross implements Strategy {
  readonly #windows: CrossWindows;
  /** The last `slow` closes; the oldest is at `#bars % slow` once it is full. */
  readonly #closes: Big[] = [];
  #bars = 0;
  #fastSum = new Big(0);
  #slowSum = new Big(0);
  #side: 'above' | 'below' | undefined;

  constructor(windows: CrossWindows) {
    if (windows.fast >= windows.slow) {
      throw new RangeError(
        `cannot cross averages of ${windows.fast} and ${windows.slow} bars: fast must be below slow`,
      );
    }
    this.#windows = windows;
  }

  next(candle: Candle): Signal {
    this.#slide(candle.close);
    if (this.#bars < this.#windows.slow) return 'hold';
    const before = this.#side;
    this.#side = this.#sideNow() ?? before;
    if (before === undefined || this.#side === before) return 'hold';
    return this.#side === 'above' ? 'enter' : 'exit';
  }

  #slide(close: Big): void {
    const { fast, slow } = this.#windows;
    const outOfFast = this.#closes[(this.#bars - fast + slow) % slow];
    const outOfSlow = this.#closes[this.#bars % slow];
    this.#fastSum = this.#fastSum.plus(close);
    this.#slowSum = this.#slowSum.plus(close);
    if (this.#bars >= fast && outOfFast) this.#fastSum = this.#fastSum.minus(outOfFast);
    if (this.#bars >= slow && outOfSlow) this.#slowSum = this.#slowSum.minus(outOfSlow);
    this.#closes[this.#bars % slow] = close;
    this.#bars += 1;
  }

  /** Compared without dividing: fast sum / fast > slow sum / slow. */
  #sideNow(): 'above' | 'below' | undefined {
    const difference = this.#fastSum
      .times(this.#windows.slow)
      .cmp(this.#slowSum.times(this.#windows.fast));
    if (difference === 0) return undefined;
    return difference > 0 ? 'above' : 'below';
  }
}
