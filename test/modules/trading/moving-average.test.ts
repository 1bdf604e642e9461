import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { MovingAverageCross, type CrossWindows } from '../../../modules/trading/moving-average.ts';
import type { Signal } from '../../../modules/trading/strategy.ts';
import { bar } from './bars.ts';

const seed = 20_000_103;

function signalsOf(closes: readonly number[], windows: CrossWindows): Signal[] {
  const strategy = new MovingAverageCross(windows);
  return closes.map((close, index) => strategy.next(bar(index + 1, 1, close)));
}

/** Sums both windows again at every bar, in whole numbers. */
function naiveSignals(closes: readonly number[], { fast, slow }: CrossWindows): Signal[] {
  const sum = (end: number, count: number) =>
    closes.slice(end - count, end).reduce((total, close) => total + close, 0);
  let side = 0;
  return closes.map((_, index) => {
    const end = index + 1;
    if (end < slow) return 'hold';
    const now = Math.sign(sum(end, fast) * slow - sum(end, slow) * fast);
    const before = side;
    if (now !== 0) side = now;
    if (before === 0 || side === before) return 'hold';
    return side > 0 ? 'enter' : 'exit';
  });
}

describe('the moving-average cross', () => {
  it('enters when the fast average rises above the slow one and exits when it falls below', () => {
    const closes = [5, 4, 3, 3, 9, 9, 1];
    const signals = signalsOf(closes, { fast: 1, slow: 3 });
    expect(signals).to.deep.equal(['hold', 'hold', 'hold', 'hold', 'enter', 'hold', 'exit']);
  });

  it('keeps its side while the averages are equal', () => {
    const signals = signalsOf([4, 3, 5, 5, 5, 6], { fast: 1, slow: 2 });
    expect(signals).to.deep.equal(['hold', 'hold', 'enter', 'hold', 'hold', 'hold']);
  });

  it('takes a trend that was there from the start for no cross', () => {
    expect(signalsOf([1, 2, 3, 4, 5], { fast: 1, slow: 2 })).to.not.include('enter');
  });

  it(`equals a recomputation of every window at every bar (seed ${seed})`, () => {
    const windows = fc
      .tuple(fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 }))
      .map(([fast, more]) => ({ fast, slow: fast + more }));
    const closes = fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 120 });
    fc.assert(
      fc.property(closes, windows, (prices, chosen) => {
        expect(signalsOf(prices, chosen)).to.deep.equal(naiveSignals(prices, chosen));
      }),
      { seed, numRuns: 500 },
    );
  });

  it(`knows nothing of later bars: a cut series gives the same signals up to the cut (seed ${seed})`, () => {
    const closes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(closes, fc.nat(60), (prices, cut) => {
        const windows = { fast: 2, slow: 5 };
        const whole = signalsOf(prices, windows).slice(0, cut);
        expect(signalsOf(prices.slice(0, cut), windows)).to.deep.equal(whole);
      }),
      { seed },
    );
  });

  it('refuses windows in the wrong order', () => {
    expect(() => new MovingAverageCross({ fast: 5, slow: 5 })).to.throw('fast must be below slow');
  });
});
