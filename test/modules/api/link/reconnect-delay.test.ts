import { expect } from 'chai';
import { describe, it } from 'mocha';
import { reconnectDelayMs } from '../../../../modules/api/link/reconnect-delay.ts';

describe('the delay before a reconnect', () => {
  const table: [number | 'refused', number, number][] = [
    [0, 0, 0],
    [0, 0.5, 50],
    [1, 0.5, 100],
    [3, 0.5, 400],
    [5, 0.5, 1500],
    [1000, 0.5, 1500],
    ['refused', 0, 15_000],
    ['refused', 0.5, 22_500],
  ];
  for (const [failures, random, delayMs] of table) {
    it(`is ${delayMs} ms after ${failures} failures with ${random} drawn`, () => {
      expect(reconnectDelayMs(failures, random)).to.equal(delayMs);
    });
  }
});
