import { expect } from 'chai';
import { Big } from 'big.js';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { amountOf, decimalOf, priceOf } from '../../../../modules/collector/venue/decimal.ts';
import { conditionIdOf, tokenIdOf } from '../../../../modules/collector/venue/identifier.ts';
import { instantOf } from '../../../../modules/collector/venue/instant.ts';
import { listOf, listOfEach } from '../../../../modules/collector/venue/list.ts';
import { storableText, textOf } from '../../../../modules/collector/venue/text.ts';

const seed = 7_141_201;
const token78 = '115792089237316195423570985008687907853269984665640564039457584007913129639935';

describe("the venue's scalars", () => {
  const decimals: readonly (readonly [unknown, string | null])[] = [
    ['0.50', '0.5'],
    ['.5', '0.5'],
    [0.5, '0.5'],
    ['5.', '5'],
    [25.0, '25'],
    ['25.000', '25'],
    ['007', '7'],
    ['+1', '1'],
    ['-0', '0'],
    [-0, '0'],
    ['-0.10', '-0.1'],
    [1e-7, '0.0000001'],
    ['1e-7', '0.0000001'],
    [1e21, '1000000000000000000000'],
    [' 0.3 ', '0.3'],
    ['0.123456789012345678901234567890', '0.12345678901234567890123456789'],
    ['1e999999', null],
    ['1e-99', null],
    ['9'.repeat(101), null],
    ['1,5', null],
    ['0x10', null],
    ['', null],
    ['abc', null],
    ['NaN', null],
    [NaN, null],
    [Infinity, null],
    [null, null],
    [undefined, null],
    [true, null],
    [['1'], null],
    [{}, null],
  ];
  for (const [value, expected] of decimals)
    it(`reads ${JSON.stringify(value)} of the type ${typeof value} as the decimal ${expected}`, () => {
      expect(decimalOf(value)).to.equal(expected);
    });

  it(`writes equal numbers as equal texts, whichever way they came (seed ${seed})`, () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        const text = decimalOf(number);
        // Longer than any price or size.
        if (Math.abs(number) >= 1e60 || (number !== 0 && Math.abs(number) < 1e-60)) return;
        expect(text).to.not.equal(null);
        expect(new Big(text!).eq(new Big(String(number)))).to.equal(true);
        expect(decimalOf(text)).to.equal(text);
        expect(decimalOf(new Big(number).toExponential())).to.equal(text);
        expect(text).to.match(/^(0|-?[1-9]\d*|-?(0|[1-9]\d*)\.\d*[1-9])$/);
      }),
      { seed, numRuns: 300 },
    );
  });

  it('takes from 0 to 1 as a price, and nothing below 0 as an amount', () => {
    expect(['0', 1, '0.001'].map(priceOf)).to.deep.equal(['0', '1', '0.001']);
    expect(['1.0001', -0.1, '', 'x', null].map(priceOf)).to.deep.equal(Array(5).fill(null));
    expect(['1e9', '-1', '-0', null].map(amountOf)).to.deep.equal(['1000000000', null, '0', null]);
  });

  const instants: readonly (readonly [unknown, string | null])[] = [
    [1722470400, '2024-08-01T00:00:00.000Z'],
    ['1722470400', '2024-08-01T00:00:00.000Z'],
    ['1722470400123', '2024-08-01T00:00:00.123Z'],
    [1722470400123, '2024-08-01T00:00:00.123Z'],
    [1722470400123456, '2024-08-01T00:00:00.123Z'],
    ['1722470400.5', '2024-08-01T00:00:00.500Z'],
    ['2024-08-01T00:00:00Z', '2024-08-01T00:00:00.000Z'],
    ['2024-08-01T00:00:00.1Z', '2024-08-01T00:00:00.100Z'],
    ['2024-08-01T00:00:00.827458Z', '2024-08-01T00:00:00.827Z'],
    ['2024-08-01 20:30:00+00', '2024-08-01T20:30:00.000Z'],
    ['2024-08-01 20:30:00-05', '2024-08-02T01:30:00.000Z'],
    ['2024-08-01T20:30:00+05:30', '2024-08-01T15:00:00.000Z'],
    ['2024-08-01T20:30:00+0530', '2024-08-01T15:00:00.000Z'],
    ['2024-08-01 20:30:00', '2024-08-01T20:30:00.000Z'],
    ['2024-08-01', '2024-08-01T00:00:00.000Z'],
    ['2024-02-30', null],
    ['2024-13-01', null],
    ['2024-08-01T25:00:00Z', null],
    ['Thu, 01 Aug 2024', null],
    ['', null],
    [0, null],
    ['0', null],
    [-5, null],
    [NaN, null],
    ['9999-01-01', null],
    [null, null],
    [{}, null],
  ];
  for (const [value, expected] of instants)
    it(`reads ${JSON.stringify(value)} of the type ${typeof value} as the moment ${expected}`, () => {
      expect(instantOf(value)?.toISOString() ?? null).to.equal(expected);
    });

  it('keeps all 78 digits of a token id, and refuses one that came as a number and lost them', () => {
    expect(tokenIdOf(token78)).to.equal(token78);
    expect(tokenIdOf(JSON.parse(token78) as unknown)).to.equal(null);
    expect(tokenIdOf(42)).to.equal('42');
    expect([`${token78}0`, '', '1.5', '-1', '1e5', null].map(tokenIdOf)).to.deep.equal(
      Array(6).fill(null),
    );
    expect(conditionIdOf(`0x${'a'.repeat(64)}`)).to.equal(`0x${'a'.repeat(64)}`);
    expect(['', 'a b', null, 7, 'x'.repeat(101)].map(conditionIdOf)).to.deep.equal(
      Array(5).fill(null),
    );
  });

  it('reads a list as it is and as JSON in a string, nothing as the empty one, and garbage as none', () => {
    expect(listOf(['a'])).to.deep.equal(['a']);
    expect(listOf('["a","b"]')).to.deep.equal(['a', 'b']);
    for (const empty of [undefined, null, '', '[]', 'null'])
      expect(listOf(empty)).to.deep.equal([]);
    for (const garbage of ['["a"', '{}', '"a"', 'a', 5, true, {}])
      expect(listOf(garbage)).to.equal(null);
    expect(listOfEach('["1","x"]', tokenIdOf)).to.equal(null);
    expect(listOfEach('["1","2"]', tokenIdOf)).to.deep.equal(['1', '2']);
  });

  it('keeps out of texts what a database refuses, and bounds them', () => {
    expect(storableText('a\u0000b\ud800c\u{1f600}')).to.equal('a\ufffdb\ufffdc\u{1f600}');
    expect(textOf('x'.repeat(10_000))).to.have.length(4000);
    // The cut goes through the middle of a pair.
    expect(textOf(`${'x'.repeat(3999)}\u{1f600}`)).to.equal(`${'x'.repeat(3999)}\ufffd`);
    expect(['', null, 5, {}].map(textOf)).to.deep.equal(Array(4).fill(null));
  });
});
