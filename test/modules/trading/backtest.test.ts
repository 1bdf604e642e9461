import { Big } from 'big.js';
import { expect } from 'chai';
import path from 'node:path';
import { afterEach, describe, it } from 'mocha';
import { packageRoot } from '../../../config/paths.ts';
import { Threads } from '../../../modules/api/threads.ts';
import backtest from '../../../modules/trading/backtest.ts';
import { naiveFinalCash } from './naive-replay.ts';

const csv = path.join(packageRoot(), 'modules', 'trading', 'candles', 'sp500-2000.csv');
const file = new URL('../../../modules/trading/backtest.js', import.meta.url);

describe('a backtest', () => {
  let threads: Threads | null = null;
  afterEach(() => threads?.close(0));

  it('comes in threads to what a plain computation comes to, several windows at a time (row 82)', async () => {
    threads = new Threads({ default: 1, io: 1, cpu: 2 });
    const pool = threads.pool('cpu');
    // One that waits long for its averages, one that trades at every other bar.
    const windows = [
      [5, 100],
      [1, 2],
    ] as const;
    const answers = await Promise.all(
      windows.map(([fast, slow]) => pool.run(file, { symbol: 'SP500', params: { fast, slow } })),
    );
    for (const [index, [fast, slow]] of windows.entries()) {
      const { cash, ...answer } = answers[index] as ReturnType<typeof backtest>;
      expect(answer).to.deep.include({ fast, slow, symbol: 'SP500', bars: 5105 });
      const units = new Big(cash).times('1e13').toFixed();
      expect(units).to.equal(String(naiveFinalCash(csv, fast, slow)));
    }
    expect(threads.metrics.cpu).to.include({ completed: 2, failed: 0 });
  });

  it('says which of its params are wrong', () => {
    const wrong = () => backtest({ symbol: 'SP500', params: { fast: 50, slow: 20 } });
    expect(wrong).to.throw('param "fast" is 50: expected less than slow, which is 20');
  });
});
