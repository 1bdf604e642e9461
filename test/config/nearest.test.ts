import { expect } from 'chai';
import { describe, it } from 'mocha';
import { nearestName } from '../../config/nearest.ts';

describe('the nearest name', () => {
  const known = ['restart', 'ready', 'stop', 'command', 'env', 'cwd'];
  const cases: [string, string | null][] = [
    ['restrat', 'restart'],
    ['Restart', 'restart'],
    ['stpo', 'stop'],
    ['comand', 'command'],
    ['evn', 'env'],
    ['limits', null],
    ['xyz', null],
    ['b', null],
    ['', null],
    ['restart'.repeat(20), null],
  ];
  for (const [written, nearest] of cases)
    it(`of ${written.slice(0, 20)} is ${nearest}`, () => {
      expect(nearestName(written, known)).to.equal(nearest);
    });
});
