import { expect } from 'chai';
import { describe, it } from 'mocha';
import { durationMs, sizeBytes } from '../../config/units.ts';

describe('durations and sizes', () => {
  const durations: [unknown, number | null][] = [
    [30, 30_000],
    [0, 0],
    [0.25, 250],
    ['500ms', 500],
    ['10s', 10_000],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['30', 30_000],
    ['', null],
    ['-1s', null],
    ['1 s', null],
    ['1S', null],
    ['1w', null],
    ['1e3s', null],
    ['9'.repeat(400), null],
    [-1, null],
    [NaN, null],
    [Infinity, null],
    [null, null],
    [true, null],
    [[5], null],
  ];
  for (const [written, ms] of durations)
    it(`reads ${JSON.stringify(written).slice(0, 20)} as ${ms} ms`, () => {
      expect(durationMs(written)).to.equal(ms);
    });

  const sizes: [unknown, number | null][] = [
    [0, 0],
    [4096, 4096],
    ['64K', 65_536],
    ['512M', 536_870_912],
    ['2G', 2_147_483_648],
    ['100', 100],
    ['1.5M', null],
    ['1k', null],
    ['1MB', null],
    [1.5, null],
    [-1, null],
    [NaN, null],
    [undefined, null],
  ];
  for (const [written, bytes] of sizes)
    it(`reads ${JSON.stringify(written)} as ${bytes} bytes`, () => {
      expect(sizeBytes(written)).to.equal(bytes);
    });
});
