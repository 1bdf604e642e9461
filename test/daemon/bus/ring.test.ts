import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { Ring } from '../../../daemon/bus/ring.ts';

const seed = 20260612;

describe('a ring', () => {
  it(`keeps the longest end of the row that fits both bounds, and gives back the rest (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(12), { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 20 }),
        (sizes, entriesMax, bytesMax) => {
          const ring = new Ring<{ at: number; size: number }>(
            { entriesMax, bytesMax },
            ({ size }) => size,
          );
          const items = sizes.map((size, at) => ({ at, size }));
          const gone = items.flatMap((item) => ring.push(item));
          const kept = ring.items();
          expect([...gone, ...kept]).to.deep.equal(items);
          expect(ring.size).to.equal(kept.length).and.to.be.at.most(entriesMax);
          const bytes = kept.reduce((sum, { size }) => sum + size, 0);
          expect(ring.bytes).to.equal(bytes).and.to.be.at.most(bytesMax);
        },
      ),
      { seed, numRuns: 1000 },
    );
  });

  it('lets go of no more than it must', () => {
    const ring = new Ring<number>({ entriesMax: 3, bytesMax: 10 }, (item) => item);
    expect([4, 3, 3, 1].flatMap((item) => ring.push(item))).to.deep.equal([4]);
    expect(ring.push(11)).to.deep.equal([3, 3, 1, 11]);
    expect(ring.size).to.equal(0);
  });
});
