import { expect } from 'chai';
import { describe, it } from 'mocha';
import { HitRate, roundLength, type Verdict } from '../../../daemon/cache/hit-rate.ts';

describe('the hit rate of the cache', () => {
  /** One round with such a share of hits. */
  function round(rate: HitRate, share: number): Verdict | null {
    let verdict: Verdict | null = null;
    for (let at = 0; at < roundLength; at += 1)
      verdict = rate.count(at < share * roundLength) ?? verdict;
    return verdict;
  }

  it('is a fraction of all requests, and 0 before the first', () => {
    const rate = new HitRate();
    expect(rate.rate).to.equal(0);
    for (const isHit of [true, true, true, false]) rate.count(isHit);
    expect([rate.hits, rate.misses, rate.rate]).to.deep.equal([3, 1, 0.75]);
  });

  it('is said to be low once, not of a cache that fills, and to be well again once (row 92)', () => {
    const rate = new HitRate();
    const verdicts = [0, 0.9, 0.69, 0.5, 0.1, 0.7, 0.9, 0.3, 0.3].map((share) =>
      round(rate, share),
    );
    expect(verdicts).to.deep.equal([
      null,
      null,
      null,
      { kind: 'low', rate: 0.5 },
      null,
      { kind: 'recovered', rate: 0.7 },
      null,
      null,
      { kind: 'low', rate: 0.3 },
    ]);
  });
});
