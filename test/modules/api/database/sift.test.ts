import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { DatabaseError } from '../../../../modules/api/database/error.ts';
import { sift } from '../../../../modules/api/database/sift.ts';

const seed = 20261122;
const data = new DatabaseError('data', 'not a number');

describe('sifting a batch', () => {
  it(`writes each good row once and in order, and refuses exactly the bad ones (seed ${seed})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.boolean(), { maxLength: 300 }), async (isGood) => {
        const rows = isGood.map((good, index) => ({ good, index }));
        const written: number[] = [];
        const { done, refused, failure } = await sift(rows, (part) => {
          if (part.some(({ good }) => !good)) return Promise.reject(data);
          written.push(...part.map(({ index }) => index));
          return Promise.resolve();
        });
        expect({ done, failure }).to.deep.equal({ done: rows.length, failure: null });
        expect(written).to.deep.equal(rows.filter(({ good }) => good).map(({ index }) => index));
        expect(refused.map(({ row }) => row)).to.deep.equal(rows.filter(({ good }) => !good));
      }),
      { seed },
    );
  });

  it('finds one bad row among 5,000 in some forty statements', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => index);
    let statements = 0;
    await sift(rows, (part) => {
      statements += 1;
      return part.includes(3333) ? Promise.reject(data) : Promise.resolve();
    });
    expect(statements).to.be.below(40);
  });

  it('stops where the database does, and says how far it came', async () => {
    const gone = new DatabaseError('lost', 'gone');
    let statements = 0;
    const outcome = await sift(['a', 'bad', 'c', 'd'], (part) => {
      statements += 1;
      if (statements > 5) return Promise.reject(gone);
      return part.includes('bad') ? Promise.reject(data) : Promise.resolve();
    });
    expect(outcome).to.deep.equal({
      done: 2,
      refused: [{ row: 'bad', error: data }],
      failure: gone,
    });
  });
});
