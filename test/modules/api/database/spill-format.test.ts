import { expect } from 'chai';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import {
  decodeRecords,
  encodeRecord,
  type SpillRecord,
} from '../../../../modules/api/database/spill-format.ts';

const seed = 20261122;
const record: fc.Arbitrary<SpillRecord> = fc.record({
  rows: fc.integer({ min: 0, max: 5000 }),
  // The mark itself may be in a text.
  text: fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('\u0089SB\n'), fc.constant('')),
});
const records = fc.array(record, { maxLength: 12 });
const encoded = (list: readonly SpillRecord[]) => Buffer.concat(list.map(encodeRecord));

describe('a spill file', () => {
  it(`gives back what was written to it (seed ${seed})`, () => {
    fc.assert(
      fc.property(records, (list) => {
        expect(decodeRecords(encoded(list))).to.deep.equal({
          records: list,
          tornBytes: 0,
          damagedBytes: 0,
        });
      }),
      { seed },
    );
  });

  it(`gives every whole record of one that was cut anywhere (seed ${seed})`, () => {
    fc.assert(
      fc.property(records, fc.double({ min: 0, max: 1, noNaN: true }), (list, share) => {
        const file = encoded(list);
        const cut = file.subarray(0, Math.floor(file.length * share));
        const { records: found, tornBytes, damagedBytes } = decodeRecords(cut);
        expect(found).to.deep.equal(list.slice(0, found.length));
        expect(encoded(found).length + tornBytes).to.equal(cut.length);
        expect(tornBytes).to.be.below(
          list[found.length] ? encodeRecord(list[found.length]!).length : 1,
        );
        expect(damagedBytes).to.equal(0);
      }),
      { seed },
    );
  });

  it(`loses at most the record in which a byte is wrong (seed ${seed})`, () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 12 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (list, at, flip) => {
          const file = encoded(list);
          const position = at % file.length;
          file[position] = file[position]! ^ flip;
          const hit = indexAt(list, position);
          const { records: found, tornBytes, damagedBytes } = decodeRecords(file);
          expect(found).to.deep.equal(list.filter((_, index) => index !== hit));
          const lost = encodeRecord(list[hit]!).length;
          const isLast = hit === list.length - 1;
          expect({ tornBytes, damagedBytes }).to.deep.equal(
            isLast ? { tornBytes: lost, damagedBytes: 0 } : { tornBytes: 0, damagedBytes: lost },
          );
        },
      ),
      { seed },
    );
  });

  it(`takes garbage for nothing at all (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(decodeRecords(Buffer.from(bytes)).records).to.deep.equal([]);
      }),
      { seed },
    );
  });
});

function indexAt(list: readonly SpillRecord[], position: number): number {
  let end = 0;
  return list.findIndex((one) => (end += encodeRecord(one).length) > position);
}
