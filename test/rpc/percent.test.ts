import { expect } from 'chai';
import { describe, it } from 'mocha';
import { percentDecoded } from '../../rpc/percent.ts';

describe('percent-encoded text', () => {
  const rows = [
    ['p%40ss%2Fword', 'p@ss/word'],
    ['plain', 'plain'],
    ['100%', '100%'],
    ['%zz%41', '%zz%41'],
    ['%ff', '%ff'],
  ] as const;
  for (const [text, meaning] of rows) {
    it(`says ${meaning} where it is ${text}`, () => {
      expect(percentDecoded(text)).to.equal(meaning);
    });
  }
});
