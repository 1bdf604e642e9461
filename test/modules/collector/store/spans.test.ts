import { expect } from 'chai';
import * as fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  lengthMs,
  subtract,
  type TimeSpan,
  union,
  within,
} from '../../../../modules/collector/store/spans.ts';

const seed = 7_032_003;
const endMs = 40;
const anySpan = fc
  .tuple(fc.integer({ min: 0, max: endMs }), fc.integer({ min: 0, max: endMs }))
  .map(([fromMs, toMs]) => ({ fromMs, toMs }));
const anySpans = fc.array(anySpan, { maxLength: 8 });

describe('stretches of time', () => {
  it(`are the same set of milliseconds as counting them one by one says (seed ${seed})`, () => {
    fc.assert(
      fc.property(anySpans, anySpans, anySpan, (one, other, bounds) => {
        const left = milliseconds(one).filter((ms) => !milliseconds(other).includes(ms));
        expect(milliseconds(union(one))).to.deep.equal(milliseconds(one));
        expect(milliseconds(subtract(one, other))).to.deep.equal(left);
        expect(milliseconds(within(one, bounds))).to.deep.equal(
          milliseconds(one).filter((ms) => ms >= bounds.fromMs && ms < bounds.toMs),
        );
        expect(lengthMs(one)).to.equal(milliseconds(one).length);
      }),
      { seed, numRuns: 500 },
    );
  });

  it(`never touch, overlap or go backwards in a result (seed ${seed})`, () => {
    fc.assert(
      fc.property(anySpans, anySpans, (one, other) => {
        for (const spans of [union(one), subtract(one, other)]) {
          const ends = spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]);
          expect(ends).to.deep.equal([...new Set(ends)].sort((a, b) => a - b));
        }
      }),
      { seed, numRuns: 300 },
    );
  });
});

function milliseconds(spans: readonly TimeSpan[]): number[] {
  const all = Array.from({ length: endMs }, (_, ms) => ms);
  return all.filter((ms) => spans.some(({ fromMs, toMs }) => ms >= fromMs && ms < toMs));
}
