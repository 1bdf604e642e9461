import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  firstBaseline,
  type IoBaseline,
  ioSpike,
  isLearned,
  learn,
  parseBaseline,
} from '../../../../modules/monitoring/stress/io-baseline.ts';

const seed = 20261122;
const mb = 1e6;

/** The baseline after so many samples of one rate. */
function after(samples: number, rate: number, from: IoBaseline = firstBaseline): IoBaseline {
  let baseline = from;
  for (let sample = 0; sample < samples; sample++) baseline = learn(baseline, rate, 1);
  return baseline;
}

/** How many samples of this rate are spikes before it is usual. */
function spikesUntilUsual(from: IoBaseline, rate: number, weight: number): number {
  let baseline = from;
  let samples = 0;
  for (; ioSpike(baseline, rate) !== null; samples++) baseline = learn(baseline, rate, weight);
  return samples;
}

describe('the I/O baseline', () => {
  it('learns for 60 samples, in which only more than 200 MB/s is a spike (row 29)', () => {
    const last = after(59, mb);
    expect(isLearned(last)).to.equal(false);
    expect(ioSpike(last, 200 * mb)).to.equal(null);
    expect(ioSpike(last, 201 * mb)).to.not.equal(null);
    const learned = after(60, mb);
    expect(isLearned(learned)).to.equal(true);
    expect(ioSpike(learned, 12 * mb)).to.not.equal(null);
  });

  it('begins at 10 MB/s, and moves by 0.3 and 0.1 while it learns', () => {
    expect(learn(firstBaseline, 20 * mb, 1)).to.deep.equal({
      fastBytesPerSecond: 13 * mb,
      slowBytesPerSecond: 11 * mb,
      samples: 1,
    });
  });

  it('moves by 0.1 and 0.001 when it has learned', () => {
    const learned = { fastBytesPerSecond: 10 * mb, slowBytesPerSecond: 10 * mb, samples: 60 };
    const { fastBytesPerSecond: fast, slowBytesPerSecond: slow } = learn(learned, 20 * mb, 1);
    expect(fast).to.be.closeTo(11 * mb, 1);
    expect(slow).to.be.closeTo(10.01 * mb, 1);
  });

  const limits: [rate: number, isSpike: boolean][] = [
    [10 * 2 * mb, false],
    [12 * 2 * mb, true],
    [101 * mb, true],
  ];
  for (const [rate, isSpike] of limits) {
    it(`${isSpike ? 'takes' : 'does not take'} ${rate / mb} MB/s for a spike where 2 are usual (row 29)`, () => {
      const usual = { fastBytesPerSecond: 2 * mb, slowBytesPerSecond: 2 * mb, samples: 60 };
      const spike = { bytesPerSecond: rate, usualBytesPerSecond: 2 * mb };
      expect(ioSpike(usual, rate)).to.deep.equal(isSpike ? spike : null);
    });
  }

  it('takes more than 100 MB/s for a spike even where 50 are usual', () => {
    expect(ioSpike(after(60, 50 * mb), 100 * mb)).to.equal(null);
    expect(ioSpike(after(60, 50 * mb), 101 * mb)).to.not.equal(null);
  });

  it('is not diluted by the spike that it is asked about, nor by the next (row 29)', () => {
    const usual = after(300, 2 * mb);
    const spike = 12 * 2 * mb;
    expect(ioSpike(usual, spike)).to.not.equal(null);
    const later = after(10, spike, usual);
    expect(later.fastBytesPerSecond).to.equal(usual.fastBytesPerSecond);
    expect(ioSpike(later, spike)).to.not.equal(null);
  });

  it(`takes what lasts for usual after at most 106 normal intervals (seed ${seed})`, () => {
    const usualRates = fc.double({ min: 0.01 * mb, max: 9 * mb, noNaN: true });
    const factors = fc.double({ min: 10.01, max: 1000, noNaN: true });
    fc.assert(
      fc.property(usualRates, factors, (usual, factor) => {
        const rate = Math.min(usual * factor, 100 * mb);
        expect(spikesUntilUsual(after(2000, usual), rate, 1)).to.be.at.most(106);
      }),
      { seed, numRuns: 50 },
    );
  });

  it('learns no faster when it looks more often', () => {
    const usual = after(2000, mb);
    const slowly = spikesUntilUsual(usual, 99 * mb, 1);
    const often = spikesUntilUsual(usual, 99 * mb, 1 / 5);
    expect(often / slowly).to.be.closeTo(5, 0.1);
  });

  it('learns from one sample however long its interval was', () => {
    expect(learn(after(60, mb), 2 * mb, 16)).to.deep.equal(learn(after(60, mb), 2 * mb, 1));
  });

  it('does not take the flush of a log on an idle host for a spike', () => {
    const idle = after(5000, 0);
    expect(ioSpike(idle, 10 * mb)).to.equal(null);
    expect(ioSpike(idle, 10.1 * mb)).to.not.equal(null);
  });

  it('comes back from what was kept (row 29)', () => {
    const baseline = after(70, 3 * mb);
    expect(parseBaseline(JSON.parse(JSON.stringify(baseline)))).to.deep.equal(baseline);
  });

  for (const garbage of [
    null,
    7,
    'usual',
    [],
    {},
    { fastBytesPerSecond: 1, slowBytesPerSecond: 1 },
    { fastBytesPerSecond: -1, slowBytesPerSecond: 1, samples: 3 },
    { fastBytesPerSecond: NaN, slowBytesPerSecond: 1, samples: 3 },
    { fastBytesPerSecond: 1, slowBytesPerSecond: 1, samples: 1.5 },
    { fastBytesPerSecond: 1, slowBytesPerSecond: 1, samples: 3, more: true },
  ]) {
    it(`does not come back from ${JSON.stringify(garbage)}`, () => {
      expect(parseBaseline(garbage)).to.equal(null);
    });
  }
});
