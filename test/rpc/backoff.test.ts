import { expect } from 'chai';
import { describe, it } from 'mocha';
import { type Backoff, backoffMs } from '../../rpc/backoff.ts';

describe('the delay after failures', () => {
  const table: [Backoff, number, number, number][] = [
    [{ baseMs: 100, maxMs: 3000 }, 0, 0, 0],
    [{ baseMs: 100, maxMs: 3000 }, 0, 0.5, 50],
    [{ baseMs: 100, maxMs: 3000 }, 3, 0.5, 400],
    [{ baseMs: 100, maxMs: 3000 }, 5, 0.5, 1500],
    [{ baseMs: 100, maxMs: 3000 }, 100_000, 0.5, 1500],
    [{ baseMs: 100, maxMs: 3000, multiplier: 3 }, 2, 0.5, 450],
    [{ baseMs: 100, maxMs: 3000, multiplier: 1 }, 9, 0.5, 50],
  ];
  for (const [backoff, failures, random, delayMs] of table) {
    it(`is ${delayMs} ms after ${failures} with ${random} drawn, of ${JSON.stringify(backoff)}`, () => {
      expect(backoffMs(backoff, failures, random)).to.equal(delayMs);
    });
  }
});
