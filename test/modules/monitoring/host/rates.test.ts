import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { grown, percentOf, perSecond, sum } from '../../../../modules/monitoring/host/rates.ts';

const seed = 8046;

describe(`monitoring/host: rates (seed ${seed})`, () => {
  it('says nothing of a counter that is unknown at one of the two looks', () => {
    for (const [before, now] of [
      [null, 5],
      [undefined, 5],
      [5, null],
      [5, undefined],
      [null, null],
    ])
      expect(grown(before, now), `${before} → ${now}`).to.equal(null);
  });

  it('says nothing of a counter that began anew, and never a negative rate', () => {
    expect(grown(100, 99)).to.equal(null);
    expect(grown(100, 100)).to.equal(0);
    expect(grown(100, 130)).to.equal(30);
  });

  it('has no rate for no time, for time that ran back, and of what is unknown', () => {
    expect(perSecond(30, 0)).to.equal(null);
    expect(perSecond(30, -5)).to.equal(null);
    expect(perSecond(null, 1000)).to.equal(null);
    expect(perSecond(30, 5000)).to.equal(6);
    expect(percentOf(1, 0)).to.equal(null);
    expect(percentOf(null, 10)).to.equal(null);
    expect(sum([])).to.equal(null);
    expect(sum([1, 2])).to.equal(3);
  });

  it('keeps every percentage between 0 and 100, whatever the clocks did', () => {
    fc.assert(
      fc.property(
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        (part, whole) => {
          expect(percentOf(part, whole)).to.be.within(0, 100);
        },
      ),
      { seed },
    );
  });
});
