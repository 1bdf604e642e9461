import { expect } from 'chai';
import { describe, it } from 'mocha';
import {
  type Learned,
  learnedFrom,
  learnPause,
  learnSample,
  nothingLearned,
  suggestThresholds,
} from '../../../modules/monitoring/learning.ts';

const pausesAt = (...stress: number[]): Learned => stress.reduce(learnPause, nothingLearned);

describe('learning mode', () => {
  it('counts samples by their stress in tens, 100 with the nineties', () => {
    const { samples, histogram } = [0, 9, 10, 59, 99, 100].reduce(learnSample, nothingLearned);
    expect(samples).to.equal(6);
    expect(histogram).to.deep.equal([2, 1, 0, 0, 0, 1, 0, 0, 0, 2]);
  });

  const suggestions: readonly (readonly [string, readonly number[], [number, number] | null])[] = [
    ['nothing before the first pause', [], null],
    ['a little less than there was at one pause', [80], [70, 75]],
    ['the least that makes sense where pauses come out of the calm', [0, 0, 5], [20, 50]],
    ['the tenth and the ninetieth percentile', [40, 45, 50, 55, 60, 65, 70, 75, 80, 90], [30, 75]],
    ['the same whatever the order', [90, 40, 80, 45, 75, 50, 70, 55, 65, 60], [30, 75]],
  ];
  for (const [what, pauses, expected] of suggestions) {
    it(`suggests ${what}`, () => {
      const suggested = suggestThresholds(pausesAt(...pauses));
      const pair = suggested && [suggested.elevationThreshold, suggested.criticalThreshold];
      expect(pair).to.deep.equal(expected);
    });
  }

  it('remembers a thousand pauses, the newest', () => {
    const many = pausesAt(...Array.from({ length: 1010 }, (_, index) => index % 100));
    expect(many.atPauses).to.have.lengthOf(1000);
    expect(many.atPauses.at(-1)).to.equal(9);
  });

  it('goes on with what an earlier run has kept', () => {
    const kept = learnSample(pausesAt(30), 12);
    expect(learnedFrom(JSON.parse(JSON.stringify(kept)))).to.deep.equal(kept);
  });

  for (const garbage of [null, 5, {}, { ...nothingLearned, histogram: [1] }, { samples: 'x' }]) {
    it(`begins anew where that is ${JSON.stringify(garbage)}`, () => {
      expect(learnedFrom(garbage)).to.deep.equal(nothingLearned);
    });
  }
});
