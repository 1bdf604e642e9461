import { expect } from 'chai';
import { describe, it } from 'mocha';
import { addParam } from '../../cli/params.ts';

describe('--param', () => {
  const values: [string, unknown][] = [
    ['speed=50', 50],
    ['live=false', false],
    ['symbols=["a","b"]', ['a', 'b']],
    ['mode=paper', 'paper'],
    ['quoted="50"', '50'],
    ['filter=a=b', 'a=b'],
    ['empty=', ''],
    ['none=null', null],
    ['half={"a":', '{"a":'],
  ];
  for (const [text, expected] of values) {
    it(`reads ${text} as ${JSON.stringify(expected)}`, () => {
      expect(Object.values(addParam(text))).to.deep.equal([expected]);
    });
  }

  it('collects several, the last one of a key winning', () => {
    expect(addParam('a=3', addParam('b=2', addParam('a=1')))).to.deep.equal({ a: 3, b: 2 });
  });

  it('takes __proto__ as a key like any other', () => {
    const params = addParam('__proto__={"polluted":1}');
    expect(Object.keys(params)).to.deep.equal(['__proto__']);
    expect(params).to.not.have.property('polluted');
  });

  for (const text of ['speed', '=50', '']) {
    it(`refuses ${JSON.stringify(text)}, which has no key`, () => {
      expect(() => addParam(text)).to.throw(/form key=value/);
    });
  }
});
