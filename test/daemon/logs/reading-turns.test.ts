import { expect } from 'chai';
import { describe, it } from 'mocha';
import { ReadingTurns } from '../../../daemon/logs/reading-turns.ts';

describe('reading turns', () => {
  it('let four read at a time, in the order in which they came', async () => {
    const turns = new ReadingTurns();
    const begun: number[] = [];
    const finish: (() => void)[] = [];
    const { signal } = new AbortController();
    const reads = Array.from({ length: 10 }, (_, n) =>
      turns.take(() => {
        begun.push(n);
        return new Promise<void>((resolve) => finish.push(resolve));
      }, signal),
    );
    expect(begun).to.deep.equal([0, 1, 2, 3]);
    for (const [n, read] of reads.entries()) {
      finish[n]!();
      await read;
      expect(begun.length).to.equal(Math.min(10, n + 5));
    }
    expect(begun).to.deep.equal([...Array(10).keys()]);
  });

  it('pass over whoever has gone, and over failures', async () => {
    const turns = new ReadingTurns();
    const gone = AbortSignal.abort(new Error('gone'));
    const { signal } = new AbortController();
    for (let n = 0; n < 10; n += 1) {
      const refused = turns.take(() => Promise.resolve('read'), gone).catch(String);
      const failed = turns.take(() => Promise.reject(new Error('broken')), signal).catch(String);
      expect(await Promise.all([refused, failed])).to.deep.equal(['Error: gone', 'Error: broken']);
    }
    expect(await turns.take(() => Promise.resolve('read'), signal)).to.equal('read');
  });
});
