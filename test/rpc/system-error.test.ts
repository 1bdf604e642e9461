import { expect } from 'chai';
import { describe, it } from 'mocha';
import { readFileSync } from 'node:fs';
import { hasCode } from '../../rpc/system-error.ts';

describe('the code of an error', () => {
  it('is found on one of the system’s, among others', () => {
    let found: unknown = null;
    try {
      readFileSync('/nowhere/at/all');
    } catch (error) {
      found = error;
    }
    expect(hasCode(found, 'EACCES', 'ENOENT')).to.equal(true);
    expect(hasCode(found, 'EACCES')).to.equal(false);
  });

  const others: [string, unknown][] = [
    ['an error without one', new Error('ENOENT')],
    ['a number for a code', Object.assign(new Error(), { code: 2 })],
    ['what is no error', { code: 'ENOENT' }],
    ['nothing', null],
  ];
  for (const [what, error] of others) {
    it(`is not seen in ${what}`, () => {
      expect(hasCode(error, 'ENOENT', '2')).to.equal(false);
    });
  }
});
